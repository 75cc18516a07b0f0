"""A model trained in seconds answers the same, whether speech comes as a file or as a stream."""

import numpy as np
import pytest

from undertone.audio import from_pcm16, wav
from undertone.config import GeneratedParams, StreamingParams, load_params
from undertone.corpora import ingest
from undertone.corpora.generated import generate
from undertone.inference import Predictor
from undertone.speech import hear
from undertone.streaming import Segmenter
from undertone.training import finetune

CLIPS = 60
FRAME = 1_600


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(folder / "home"))
        small = ("corpus.generated.clips=240", "training.epochs=8", "timeline.joined=0")
        params = load_params(profile="demo", overrides=small)
        ingest(params, folder / "corpus")
        hear(folder / "corpus", params, folder / "heard")
        finetune(folder / "corpus", folder / "heard", params, folder / "bundle")
        yield Predictor.load(folder / "bundle", params)


def test_streams_and_files_are_answered_alike(predictor):
    rng = np.random.default_rng(2)
    pause = rng.normal(0, 3e-4, 20_000).astype(np.float32)
    clips = [
        from_pcm16(one.samples).samples for one in generate(GeneratedParams(clips=CLIPS, seed=99))
    ]
    segmenter = Segmenter(StreamingParams())
    stream = np.concatenate([part for clip in clips for part in (clip, pause)])
    utterances = [
        utterance
        for begin in range(0, len(stream), FRAME)
        for utterance in segmenter.push(stream[begin : begin + FRAME])
    ]
    assert len(utterances) == CLIPS
    of_files = [predictor.predict(wav(clip)) for clip in clips]
    of_stream = [predictor.predict(wav(utterance.samples)) for utterance in utterances]
    same = np.mean(
        [one.emotion == other.emotion for one, other in zip(of_files, of_stream, strict=True)]
    )
    words = np.mean(
        [
            one.transcript.text == other.transcript.text
            for one, other in zip(of_files, of_stream, strict=True)
        ]
    )
    assert same >= 0.95
    assert words >= 0.9
    assert len({one.emotion for one in of_files}) > 3
