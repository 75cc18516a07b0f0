from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from undertone.calibration import softmax
from undertone.evaluation.folder import write_evaluation
from undertone.evaluation.record import Evaluation, FoldScore, Predictions, Provenance, summarise

LABELS = ("anger", "calm", "neutral")
PROVENANCE = Provenance(
    protocol="test split", corpus="made", split_hash="a" * 64, data_revision="b" * 64, seed=3
)


@pytest.fixture
def predictions() -> Predictions:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 3, 90)
    rows = pd.DataFrame(
        {
            "utterance_id": [f"u{k}" for k in range(90)],
            "speaker_id": [f"s{k % 6}" for k in range(90)],
        }
    )
    voice = generator.normal(0, 1, (90, 3)) + 2 * np.eye(3)[truth]
    text = generator.normal(0, 1, (90, 3)) + np.eye(3)[truth]
    silent = voice.copy()
    silent[:30] = np.nan
    logits = {"fused": voice + text, "audio_only": silent, "text_only": text}
    return Predictions(rows, LABELS, truth, logits)


@pytest.fixture
def signals() -> pd.DataFrame:
    return pd.DataFrame({"snr_db": np.linspace(5, 40, 90)}, index=range(7, 97))


def test_scores_every_condition_where_it_applies(predictions: Predictions) -> None:
    evaluation = summarise(predictions, PROVENANCE)
    assert list(evaluation.scores) == ["fused", "audio_only", "text_only"]
    there = predictions.logits["audio_only"][30:].argmax(axis=1)
    accuracy = evaluation.scores["audio_only"].accuracy.value
    assert accuracy == pytest.approx((there == predictions.truth[30:]).mean())
    assert (evaluation.speakers, evaluation.resampled) == (6, "speakers")
    assert np.array(evaluation.confusion).sum() == 90
    assert evaluation.metrics()["uar_text_only"] == evaluation.scores["text_only"].uar.value


def test_the_same_predictions_give_the_same_figures(predictions: Predictions) -> None:
    assert summarise(predictions, PROVENANCE) == summarise(predictions, PROVENANCE)


def test_folder_is_whole(tmp_path: Path, predictions: Predictions, signals: pd.DataFrame) -> None:
    fold = FoldScore(
        name="s0",
        test_speakers=["s0"],
        utterances=15,
        uar={"fused": 0.5},
        temperature=1.2,
        seconds=0.25,
    )
    evaluation = summarise(predictions, PROVENANCE, [fold])
    write_evaluation(tmp_path / "evaluation", evaluation, predictions, signals)
    folder = tmp_path / "evaluation"
    read = Evaluation.model_validate_json((folder / "evaluation.json").read_text())
    assert read == evaluation
    for name in ("confusion.png", "reliability.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    report = (folder / "report.txt").read_text()
    assert f"UAR {evaluation.scores['fused'].uar}" in report
    for said in ("micro avg", "text only", "aaaaaaaaaaaa", "resamples of speakers", "s0 "):
        assert said in report


def test_reference_has_a_row_for_each_utterance(
    tmp_path: Path, predictions: Predictions, signals: pd.DataFrame
) -> None:
    write_evaluation(tmp_path / "e", summarise(predictions, PROVENANCE), predictions, signals)
    table = pd.read_parquet(tmp_path / "e" / "predictions.parquet")
    assert table["utterance_id"].tolist() == predictions.rows["utterance_id"].tolist()
    shares = table[["p_anger", "p_calm", "p_neutral"]].to_numpy()
    assert shares == pytest.approx(softmax(predictions.logits["fused"]))
    assert (table["confidence"] == shares.max(axis=1)).all()
    assert table["snr_db"].notna().all()
