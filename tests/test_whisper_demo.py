"""The bundled toy Whisper, as an unmodified faster-whisper runs it."""

import statistics
from pathlib import Path

import numpy as np
import pytest
import torch

from tools.whisper_demo.examples import test_utterances as unheard
from tools.whisper_demo.measure import at_length, padded, score
from tools.whisper_demo.network import DISTINCT_POSITIONS, POSITIONS, ToyWhisper
from tools.whisper_demo.vocabulary import SPECIAL, read_vocabulary, train_vocabulary
from undertone.corpora.base import SourceUtterance

FOLDER = Path(__file__).parents[1] / "undertone" / "assets" / "whisper-demo"
CLIPS = 15


@pytest.fixture(scope="module", params=["studio", "telephone"])
def utterances(request: pytest.FixtureRequest) -> list[SourceUtterance]:
    return unheard(CLIPS, seed=23, channel=request.param)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def test_it_is_small_and_whole():
    sizes = {file.name: file.stat().st_size for file in FOLDER.iterdir()}
    assert sum(sizes.values()) <= 4_000_000
    assert {"README.md", "config.json", "generation_config.json", "model.safetensors"} < set(sizes)
    assert {"preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"} < set(sizes)


@pytest.mark.parametrize("way", [padded, at_length])
def test_it_hears_new_sentences_of_new_speakers(way, utterances, home):
    wer, onsets = score(way(FOLDER), utterances)
    assert wer < 0.30
    assert statistics.median(onsets) < 0.2


def test_it_says_nothing_to_silence(home):
    assert padded(FOLDER)(np.zeros(24_000, np.float32)) == ("", [])


def test_special_tokens_follow_the_text_as_in_the_english_models():
    vocabulary = read_vocabulary(FOLDER)
    ids = [vocabulary.id_of(token) for token in SPECIAL]
    assert ids == list(range(ids[0], ids[0] + len(SPECIAL)))
    assert vocabulary.id_of("<|0.00|>") == ids[-1] + 1
    assert vocabulary.size == ids[-1] + 1 + 1501
    assert vocabulary.decode(vocabulary.encode("the lamp is here")) == "the lamp is here"


@torch.inference_mode()
def test_one_weighted_token_stands_for_the_padding():
    torch.manual_seed(0)
    model = ToyWhisper(train_vocabulary(["a few words", "a few more"])).eval()
    features = torch.randn(1, 80, 2 * DISTINCT_POSITIONS)
    short = torch.nn.functional.pad(features, (0, 8))
    long = torch.nn.functional.pad(features, (0, 2 * (POSITIONS - DISTINCT_POSITIONS)))
    collapsed, _ = model.encode(short, padded=True)
    whole, _ = model.encode(long, padded=False)
    assert torch.allclose(
        collapsed[:, :DISTINCT_POSITIONS], whole[:, :DISTINCT_POSITIONS], atol=1e-4
    )
