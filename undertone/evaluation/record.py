"""What a model said about utterances, and the figures that follow from it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, Field

from undertone.calibration import Array, expected_calibration_error, softmax
from undertone.evaluation.metrics import Scores, classification_report, clusters, confusion, score

FUSED = "fused"


class Provenance(BaseModel):
    """What was evaluated on what: enough to find the same figures again.

    `temperature` is the bundle's, or the mean over the folds of a cross-validation.
    """

    protocol: str
    corpus: str
    split_hash: str
    data_revision: str
    bundle_hash: str = ""
    seed: int = 0
    temperature: float = 1.0


class FoldScore(BaseModel):
    """One fold of a cross-validation: its test speakers, and the UAR of each condition on them."""

    name: str
    test_speakers: list[str]
    utterances: int
    uar: dict[str, float]
    temperature: float
    seconds: float


class Evaluation(Provenance):
    """The figures of an evaluation folder; `confusion` and `report` are those of the fused model.

    `resampled` says what the intervals were drawn over: speakers, or utterances where the speakers
    are not known.
    """

    labels: list[str]
    utterances: int
    speakers: int
    resampled: str
    scores: dict[str, Scores]
    ece: float
    report: dict[str, dict[str, float] | float]
    confusion: list[list[int]]
    folds: list[FoldScore] = Field(default_factory=list)

    def metrics(self) -> dict[str, float]:
        """The figures as a flat mapping, for whoever logs them."""
        fused = self.scores[FUSED]
        flat = {
            "uar": fused.uar.value,
            "uar_low": fused.uar.low,
            "uar_high": fused.uar.high,
            "accuracy": fused.accuracy.value,
            "macro_f1": fused.macro_f1.value,
            "weighted_f1": fused.weighted_f1.value,
            "ece": self.ece,
        }
        others = {name: scores for name, scores in self.scores.items() if name != FUSED}
        return flat | {f"uar_{name}": scores.uar.value for name, scores in others.items()}


@dataclass(frozen=True)
class Predictions:
    """What a model said about N utterances under each condition.

    Attributes:
        rows: manifest rows [N].
        labels: the K emotions that the model knows.
        truth: [N], indices of the true emotions in `labels`.
        logits: for each condition calibrated logits [N, K]; NaN rows where it does not apply, as
            `audio_only` does not to an utterance without audio.
    """

    rows: pd.DataFrame
    labels: tuple[str, ...]
    truth: npt.NDArray[np.intp]
    logits: dict[str, Array]


def summarise(
    predictions: Predictions, provenance: Provenance, folds: list[FoldScore] | None = None
) -> Evaluation:
    """Score predictions under every condition, with intervals over speakers."""
    probabilities = softmax(predictions.logits[FUSED])
    guess = probabilities.argmax(axis=1)
    classes = len(predictions.labels)
    return Evaluation(
        **provenance.model_dump(),
        labels=list(predictions.labels),
        utterances=len(predictions.rows),
        speakers=predictions.rows["speaker_id"].nunique(),
        resampled=clusters(predictions.rows["speaker_id"].tolist()).unit,
        scores={
            name: _scores(predictions, logits, provenance.seed)
            for name, logits in predictions.logits.items()
        },
        ece=expected_calibration_error(probabilities, predictions.truth),
        report=classification_report(predictions.truth, guess, predictions.labels)[0],
        confusion=confusion(predictions.truth, guess, classes).tolist(),
        folds=folds or [],
    )


def _scores(predictions: Predictions, logits: Array, seed: int) -> Scores:
    there = np.flatnonzero(~np.isnan(logits).any(axis=1))
    groups = clusters(predictions.rows["speaker_id"].iloc[there].tolist())
    guess = logits[there].argmax(axis=1)
    return score(predictions.truth[there], guess, len(predictions.labels), groups, seed)
