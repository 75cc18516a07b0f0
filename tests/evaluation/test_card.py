from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from huggingface_hub import ModelCard

from tests.evaluation.behaviour.test_scoring import TRUTH, behaviour
from tests.model import tiny
from tests.training import synthetic
from undertone.bundle import Bundle
from undertone.errors import CorpusError
from undertone.evaluation.card import model_card, trained_on, write_card
from undertone.evaluation.metrics import Interval, Scores
from undertone.evaluation.record import Evaluation
from undertone.files import write_json
from undertone.licences import licence_of_corpus, licence_of_weights

HALF = Interval(value=0.5, low=0.4, high=0.6)
SCORES = Scores.model_construct(**dict.fromkeys(Scores.model_fields, HALF))
EVALUATION = Evaluation(
    protocol="test split",
    corpus="made",
    split_hash="a" * 64,
    data_revision="b" * 64,
    bundle_hash="c" * 64,
    seed=3,
    temperature=1.5,
    labels=["anger", "neutral"],
    utterances=20,
    speakers=4,
    resampled="speakers",
    scores={"fused": SCORES, "audio_only": SCORES},
    ece=0.04,
    report={},
    confusion=[[5, 5], [5, 5]],
)
CURVE = [
    {"epoch": 1.0, "loss": 2.0, "validation_loss": 1.9, "validation_uar": 0.4},
    {"epoch": 2.0, "loss": 1.5, "validation_loss": 1.7, "validation_uar": 0.6},
]


@pytest.fixture
def bundle() -> Bundle:
    rows = synthetic.rows(speakers=3).assign(corpus="emodb")
    info = {
        "params": synthetic.settings("listening.whisper=openai/whisper-tiny.en").model_dump(),
        "trained_parameters": 1234,
        "seed": 17,
        "split_hash": "e" * 64,
        "validation_uar": 0.75,
        "curves": {"heads": CURVE},
        "trained_on": trained_on(rows),
    }
    return Bundle(model=tiny.model(image_encoder=None), tokenizer=None, temperature=1.5, info=info)


def test_a_card_of_training_says_whose_score_it_is(bundle: Bundle) -> None:
    card = model_card(bundle)
    assert "Validation UAR 0.750" in card
    assert "9 utterances of 3 speakers (emodb)" in card
    assert "![" not in card
    assert "Article 5(1)(f)" in card
    assert "| data: emodb | CC0" in card
    assert "| weights: openai/whisper-tiny.en | MIT |" in card


def test_an_evaluated_card_carries_metadata_that_the_hub_reads(bundle: Bundle) -> None:
    card = ModelCard(model_card(bundle, EVALUATION, behaviour(TRUTH)))
    results = {result.metric_name: result.metric_value for result in card.data.eval_results}
    assert results["UAR"] == 0.5
    assert card.data.eval_results[0].dataset_revision == "b" * 64
    assert card.data.base_model == ["openai/whisper-tiny.en"]
    assert "| sex: female | 1.000" in card.text
    assert "Passes correctness (7 of 7)" in card.text
    assert "| rain | 1.000 | ≥ 0.9 | 0.000 | ≥ -0.05 |" in card.text
    assert "Expected calibration error 0.040" in card.text


def test_without_the_suite_the_card_says_so(bundle: Bundle) -> None:
    text = model_card(bundle, EVALUATION)
    assert text.count("Not measured.") == 2


def test_broken_bounds_are_marked(bundle: Bundle) -> None:
    text = model_card(bundle, EVALUATION, behaviour(np.zeros_like(TRUTH)))
    assert "FAILS CORRECTNESS" in text
    assert "| rain | 0.500 ✗ | ≥ 0.9 |" in text


def test_a_folder_gets_a_card_of_what_it_holds(tmp_path: Path, bundle: Bundle) -> None:
    write_json(tmp_path / "evaluation.json", EVALUATION.model_dump())
    stranger = behaviour(TRUTH).model_copy(update={"bundle_hash": "d" * 64})
    write_json(tmp_path / "behaviour.json", stranger.model_dump())
    write_card(tmp_path, bundle)
    text = (tmp_path / "model_card.md").read_text()
    assert "learning_curves.png" in text
    assert (tmp_path / "learning_curves.png").is_file()
    assert "Passes correctness" not in text


def test_a_folder_without_scores_gets_none(tmp_path: Path, bundle: Bundle) -> None:
    with pytest.raises(CorpusError, match="holds no evaluation"):
        write_card(tmp_path, bundle)


def test_unknown_licences_are_called_unknown() -> None:
    assert licence_of_corpus("somebody's") == licence_of_weights("some/model") == "unknown"
    assert "NC" in licence_of_corpus("ravdess")


def test_describes_training_rows() -> None:
    rows = pd.DataFrame({"speaker_id": ["a", "a"], "corpus": ["x", "y"], "language": ["en", "en"]})
    expected = {"utterances": 2, "speakers": 1, "corpora": ["x", "y"], "languages": ["en"]}
    assert trained_on(rows) == expected
