from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from undertone.calibration import softmax
from undertone.evaluation.folder import write_evaluation
from undertone.evaluation.record import (
    Dependent,
    Evaluation,
    LeakCheck,
    Predictions,
    Provenance,
    TurnScore,
)
from undertone.evaluation.summary import pool, summarise

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
    turn = TurnScore(
        name="s0",
        test_speakers=["s0"],
        utterances=15,
        uar={"fused": 0.5},
        temperature=1.2,
        seconds=0.25,
    )
    evaluation = summarise(predictions, PROVENANCE)
    evaluation.turns = [turn]
    evaluation.leaks = LeakCheck(recordings=60, repeated_sentences=4)
    write_evaluation(tmp_path / "evaluation", evaluation, predictions, signals)
    folder = tmp_path / "evaluation"
    read = Evaluation.model_validate_json((folder / "evaluation.json").read_text())
    assert read == evaluation
    for name in ("confusion.png", "reliability.png", "risk_coverage.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    report = (folder / "report.txt").read_text()
    assert f"UAR {evaluation.scores['fused'].uar}" in report
    wrong = 1 - evaluation.scores["fused"].accuracy.value
    assert evaluation.aurc is not None and 0 < evaluation.aurc < wrong
    assert f"AURC {evaluation.aurc:.3f}" in report
    for said in (
        "micro avg",
        "text only",
        "aaaaaaaaaaaa",
        "resamples of speakers",
        "s0 ",
        "60 recordings",
    ):
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


def test_headline_comes_first_and_fills_the_tables(
    tmp_path: Path, predictions: Predictions, signals: pd.DataFrame
) -> None:
    provenance = PROVENANCE.model_copy(update={"headline": "audio_only"})
    evaluation = summarise(predictions, provenance)
    write_evaluation(tmp_path / "e", evaluation, predictions, signals)
    report = (tmp_path / "e" / "report.txt").read_text()
    assert report.splitlines()[2].startswith(f"UAR {evaluation.scores['audio_only'].uar} · audio")
    assert report.index("\naudio only ") < report.index("\nfused ")
    assert np.array(evaluation.confusion).sum() == 60  # thirty are silent
    assert evaluation.metrics()["uar"] == evaluation.scores["audio_only"].uar.value
    assert evaluation.metrics()["uar_fused"] == evaluation.scores["fused"].uar.value
    assert len(pd.read_parquet(tmp_path / "e" / "predictions.parquet")) == 60


def test_a_bundle_is_told_by_what_its_service_answers(
    tmp_path: Path, predictions: Predictions, signals: pd.DataFrame
) -> None:
    told = {"headline": "audio_only", "bundle_hash": "c" * 64}
    evaluation = summarise(predictions, PROVENANCE.model_copy(update=told))
    write_evaluation(tmp_path / "e", evaluation, predictions, signals)
    assert len(pd.read_parquet(tmp_path / "e" / "predictions.parquet")) == 90


def test_report_names_what_flatters(
    tmp_path: Path, predictions: Predictions, signals: pd.DataFrame
) -> None:
    evaluation = summarise(predictions, PROVENANCE)
    evaluation.speaker_dependent = Dependent(
        protocol="speaker-dependent:10",
        split_hash="e" * 64,
        scores=evaluation.scores,
        repeated_sentences=77,
    )
    write_evaluation(tmp_path / "e", evaluation, predictions, signals)
    report = (tmp_path / "e" / "report.txt").read_text()
    assert "speaker-dependent:10 · NOT a score for new speakers" in report
    assert "77 test" in report


def with_seed(predictions: Predictions, seed: int, noise: float) -> Predictions:
    generator = np.random.default_rng(seed)
    return Predictions(
        predictions.rows.assign(seed=seed),
        predictions.labels,
        predictions.truth,
        {
            name: logits + generator.normal(0, noise, logits.shape)
            for name, logits in predictions.logits.items()
        },
    )


def test_seeds_are_averaged_and_do_not_narrow_the_interval(predictions: Predictions) -> None:
    parts = [with_seed(predictions, seed, 1.0) for seed in (1, 2, 3)]
    alone = [summarise(part, PROVENANCE).scores["fused"] for part in parts]
    found = summarise(pool(parts), PROVENANCE)
    assert found.utterances == 90
    assert found.scores["fused"].uar.value == pytest.approx(
        np.mean([scores.uar.value for scores in alone])
    )
    assert [part.seed for part in found.by_seed] == [1, 2, 3]
    assert found.by_seed[1].uar["fused"] == pytest.approx(alone[1].uar.value)
    same = summarise(pool([with_seed(predictions, seed, 0) for seed in (1, 2)]), PROVENANCE)
    assert same.scores == summarise(predictions, PROVENANCE).scores


def test_seeds_do_not_narrow_the_interval_of_unknown_speakers(predictions: Predictions) -> None:
    rows = predictions.rows.assign(speaker_id="unknown")
    nobody = Predictions(rows, predictions.labels, predictions.truth, predictions.logits)
    twice = pool([with_seed(nobody, seed, 0) for seed in (1, 2)])
    found, once = summarise(twice, PROVENANCE), summarise(nobody, PROVENANCE)
    assert found.resampled == "utterances"
    assert found.scores["fused"].uar == once.scores["fused"].uar


def test_gain_of_fusion_is_over_the_best_modality_alone(predictions: Predictions) -> None:
    found = summarise(predictions, PROVENANCE)
    assert found.gain is not None
    best = max(("audio_only", "text_only"), key=lambda name: found.scores[name].uar.value)
    assert found.gain.over == best
    assert found.gain.uar.low <= found.gain.uar.value <= found.gain.uar.high
    logits = {name: predictions.logits[name] for name in ("fused", "text_only")}
    single = Predictions(predictions.rows, predictions.labels, predictions.truth, logits)
    assert summarise(single, PROVENANCE).gain is None


def test_a_condition_that_a_turn_lacks_does_not_apply_there(predictions: Predictions) -> None:
    silent = Predictions(
        predictions.rows,
        predictions.labels,
        predictions.truth,
        {name: predictions.logits[name] for name in ("fused", "text_only")},
    )
    found = pool([predictions, silent])
    assert np.isnan(found.logits["audio_only"][90:]).all()
    assert not np.isnan(found.logits["text_only"]).any()
