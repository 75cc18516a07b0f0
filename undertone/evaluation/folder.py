"""The evaluation folder: figures, report, pictures and a row for every prediction."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from undertone.calibration import reliability_bins, softmax
from undertone.evaluation.curves import Curves, mean_curves
from undertone.evaluation.plots import (
    plot_confusion,
    plot_learning_curves,
    plot_reliability,
    plot_risk_coverage,
)
from undertone.evaluation.record import FUSED, Evaluation, Predictions
from undertone.evaluation.report import origin, render_report, said
from undertone.evaluation.summary import applicable
from undertone.files import replacing, replacing_folder, write_json, write_text

CURVES = "learning_curves.json"


def write_evaluation(
    out: Path,
    evaluation: Evaluation,
    predictions: Predictions,
    signals: pd.DataFrame,
    curves: Sequence[Curves] = (),
) -> None:
    """Write an evaluation folder as a whole.

    The table of predictions is that of the fused model for a bundle, which the service answers
    with and the drift gate compares with, and that of the headline for a cross-validation.

    Args:
        out: the folder to write.
        evaluation: from `summarise`.
        predictions: what it was made of.
        signals: [N] rows of audio figures, to stand beside the predictions.
        curves: learning curves of each model of a cross-validation.
    """
    told = FUSED if evaluation.bundle_hash else evaluation.headline
    with replacing_folder(out) as folder:
        write_json(folder / "evaluation.json", evaluation.model_dump())
        write_text(folder / "report.txt", render_report(evaluation, predictions))
        _draw(folder, evaluation, predictions)
        if any(map(any, curves)):
            write_json(folder / CURVES, curves)
            plot_learning_curves(
                folder / "learning_curves.png",
                mean_curves(curves),
                title=f"Learning curves · {evaluation.corpus}, {evaluation.protocol}",
                note=f"{origin(evaluation)} · mean of {len(curves)} models, where half still train",
            )
        with replacing(folder / "predictions.parquet") as aside:
            prediction_table(predictions, signals, told).to_parquet(aside, index=False)


def prediction_table(
    predictions: Predictions, signals: pd.DataFrame, condition: str = FUSED
) -> pd.DataFrame:
    """A row a prediction: who spoke, what it is, what the model says, and the audio's figures.

    Of a cross-validation, the rows also tell the turn, the seed, and in `emotion_CONDITION` what
    is said under each condition; nothing where it does not apply.
    """
    probabilities = softmax(predictions.logits[condition])
    names = np.array(predictions.labels)
    rows = predictions.rows.reset_index(drop=True)
    known = [name for name in ("utterance_id", "speaker_id", "turn", "seed") if name in rows]
    told = pd.DataFrame(
        {
            "true_emotion": names[predictions.truth],
            "emotion": names[probabilities.argmax(axis=1)],
            "confidence": probabilities.max(axis=1),
        }
    )
    if predictions.ood_scores is not None:
        told["ood_score"] = predictions.ood_scores
    if "turn" in rows:
        told = told.join(_said_by_condition(predictions))
    shares = pd.DataFrame(probabilities, columns=[f"p_{name}" for name in names])
    table = pd.concat([rows[known], told, shares, signals.reset_index(drop=True)], axis=1)
    return table[table["confidence"].notna()]


def _said_by_condition(predictions: Predictions) -> pd.DataFrame:
    return pd.DataFrame(
        {
            f"emotion_{condition}": [
                None if np.isnan(row).any() else predictions.labels[row.argmax()] for row in logits
            ]
            for condition, logits in predictions.logits.items()
        }
    )


def _draw(folder: Path, evaluation: Evaluation, predictions: Predictions) -> None:
    headline = evaluation.headline
    what = f"{evaluation.corpus}, {evaluation.protocol}, {said(headline)}"
    plot_confusion(
        folder / "confusion.png",
        np.array(evaluation.confusion),
        evaluation.labels,
        title=f"Confusion · {what}\nUAR {evaluation.scores[headline].uar}",
        note=origin(evaluation),
    )
    part = applicable(predictions, headline)
    probabilities = softmax(part.logits[headline])
    plot_reliability(
        folder / "reliability.png",
        reliability_bins(probabilities, part.truth),
        title=f"Reliability · {what}\nECE {evaluation.ece:.3f}",
        note=origin(evaluation),
    )
    plot_risk_coverage(
        folder / "risk_coverage.png",
        probabilities.max(axis=1),
        probabilities.argmax(axis=1) == part.truth,
        title=f"Risk and coverage · {what}\nAURC {evaluation.aurc:.3f}",
        note=origin(evaluation),
    )
