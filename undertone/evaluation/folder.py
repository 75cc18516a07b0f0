"""The evaluation folder: figures, report, pictures and a row for every utterance."""

from pathlib import Path

import numpy as np
import pandas as pd

from undertone.calibration import reliability_bins, softmax
from undertone.evaluation.metrics import classification_report
from undertone.evaluation.plots import plot_confusion, plot_reliability
from undertone.evaluation.record import FUSED, Evaluation, Predictions
from undertone.files import replacing, replacing_folder, write_json, write_text

SHORT_HASH = 12


def write_evaluation(
    out: Path, evaluation: Evaluation, predictions: Predictions, signals: pd.DataFrame
) -> None:
    """Write an evaluation folder as a whole.

    Args:
        out: the folder to write.
        evaluation: from `summarise`.
        predictions: what it was made of.
        signals: [N] rows of audio figures, to stand beside the predictions.
    """
    with replacing_folder(out) as folder:
        write_json(folder / "evaluation.json", evaluation.model_dump())
        write_text(folder / "report.txt", render_report(evaluation, predictions))
        _draw(folder, evaluation, predictions)
        with replacing(folder / "predictions.parquet") as aside:
            prediction_table(predictions, signals).to_parquet(aside, index=False)


def prediction_table(predictions: Predictions, signals: pd.DataFrame) -> pd.DataFrame:
    """A row an utterance: who spoke, what it is, what the model says, and the audio's figures."""
    probabilities = softmax(predictions.logits[FUSED])
    names = np.array(predictions.labels)
    said = pd.DataFrame(
        {
            "utterance_id": predictions.rows["utterance_id"].to_numpy(),
            "speaker_id": predictions.rows["speaker_id"].to_numpy(),
            "true_emotion": names[predictions.truth],
            "emotion": names[probabilities.argmax(axis=1)],
            "confidence": probabilities.max(axis=1),
        }
    )
    shares = pd.DataFrame(probabilities, columns=[f"p_{name}" for name in names])
    return pd.concat([said, shares, signals.reset_index(drop=True)], axis=1)


def render_report(evaluation: Evaluation, predictions: Predictions) -> str:
    """The familiar table, the UAR with its interval, every condition, and where it comes from."""
    guess = predictions.logits[FUSED].argmax(axis=1)
    parts = [
        f"{evaluation.protocol} · {evaluation.corpus} · {evaluation.utterances} utterances, "
        f"{evaluation.speakers} speakers · fused",
        classification_report(predictions.truth, guess, predictions.labels)[1],
        f"UAR {evaluation.scores[FUSED].uar}   ECE {evaluation.ece:.3f} "
        f"at temperature {evaluation.temperature:.2f}",
        _condition_table(evaluation),
        _fold_table(evaluation),
        f"95 % intervals from 1,000 resamples of {evaluation.resampled}.\n{_origin(evaluation)}",
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _draw(folder: Path, evaluation: Evaluation, predictions: Predictions) -> None:
    what = f"{evaluation.corpus}, {evaluation.protocol}"
    plot_confusion(
        folder / "confusion.png",
        np.array(evaluation.confusion),
        evaluation.labels,
        title=f"Confusion · {what}\nUAR {evaluation.scores[FUSED].uar}",
        note=_origin(evaluation),
    )
    plot_reliability(
        folder / "reliability.png",
        reliability_bins(softmax(predictions.logits[FUSED]), predictions.truth),
        title=f"Reliability · {what}\nECE {evaluation.ece:.3f}",
        note=_origin(evaluation),
    )


def _condition_table(evaluation: Evaluation) -> str:
    lines = [f"{'condition':<16} {'UAR':<22} {'accuracy':<22} {'macro F1':<22} weighted F1"]
    for name, scores in evaluation.scores.items():
        figures = (scores.uar, scores.accuracy, scores.macro_f1, scores.weighted_f1)
        columns = " ".join(f"{figure!s:<22}" for figure in figures)
        lines.append(f"{name.replace('_', ' '):<16} {columns}".rstrip())
    return "\n".join(lines)


def _fold_table(evaluation: Evaluation) -> str:
    if not evaluation.folds:
        return ""
    conditions = list(evaluation.folds[0].uar)
    titles = "".join(f" {name.replace('_', ' '):>14}" for name in conditions)
    lines = [f"{'fold':<12} {'utterances':>10}{titles} {'seconds':>8}"]
    for fold in evaluation.folds:
        figures = "".join(f" {fold.uar[name]:>14.3f}" for name in conditions)
        lines.append(f"{fold.name:<12} {fold.utterances:>10}{figures} {fold.seconds:>8.1f}")
    return "\n".join(lines)


def _origin(evaluation: Evaluation) -> str:
    hashes = {
        "split": evaluation.split_hash,
        "data": evaluation.data_revision,
        "bundle": evaluation.bundle_hash,
    }
    named = [f"{name} {value[:SHORT_HASH]}" for name, value in hashes.items() if value]
    return " · ".join([*named, f"seed {evaluation.seed}"])
