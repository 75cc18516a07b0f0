"""A model trained in seconds answers the same, whether speech comes as a file or as a stream.

The files begin on the grid of the speech detector, as the utterances of a stream do: so small a
model, taught by clips whose ends are all alike, changes its mind when a file is cut 5 ms later.
"""

from itertools import pairwise

import numpy as np
import pytest

from undertone.audio import from_pcm16, wav
from undertone.config import GeneratedParams, StreamingParams, load_params
from undertone.corpora import ingest
from undertone.corpora.generated import generate
from undertone.inference import Predictor
from undertone.speech import hear
from undertone.streaming import Segmenter
from undertone.streaming.activity import CHUNK
from undertone.training import finetune

CLIPS = 40
FRAME = 1_600
PAUSE = 24_000
SMALL = (
    "corpus.generated.clips=160",
    "listening.transcribe=false",
    "training.epochs=8",
    "timeline.joined=0",
)


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(folder / "home"))
        params = load_params(profile="demo", overrides=SMALL)
        ingest(params, folder / "corpus")
        hear(folder / "corpus", params, folder / "heard")
        finetune(folder / "corpus", folder / "heard", params, folder / "bundle")
        yield Predictor.load(folder / "bundle", params)


def test_streams_and_files_are_answered_alike(predictor):
    pause = np.random.default_rng(2).normal(0, 3e-4, PAUSE).astype(np.float32)
    spoken = generate(GeneratedParams(clips=CLIPS, seed=99))
    clips = [from_pcm16(one.samples).samples for one in spoken]
    stream = np.concatenate([pause, *(part for clip in clips for part in (clip, pause))])
    middles = PAUSE // 2 + np.cumsum([0, *(len(clip) + PAUSE for clip in clips)])
    middles -= middles % CHUNK

    files = [stream[begin:end] for begin, end in pairwise(middles)]
    utterances = _segmented(stream)
    assert len(utterances) == CLIPS
    of_files = [predictor.predict(wav(samples)).emotion for samples in files]
    of_stream = [predictor.predict(wav(one.samples)).emotion for one in utterances]
    assert np.mean(np.equal(of_files, of_stream)) >= 0.95
    assert len(set(of_files)) > 3


def _segmented(stream):
    segmenter = Segmenter(StreamingParams())
    marks = range(0, len(stream), FRAME)
    return [one for begin in marks for one in segmenter.push(stream[begin : begin + FRAME])]
