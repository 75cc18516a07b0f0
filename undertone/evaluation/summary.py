"""From predictions to figures with intervals over speakers."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from undertone.calibration import Array, expected_calibration_error, softmax
from undertone.evaluation.metrics import (
    Clusters,
    Interval,
    Scores,
    classification_report,
    clusters,
    confusion,
    score,
    uar,
    uar_difference,
)
from undertone.evaluation.record import (
    FUSED,
    Evaluation,
    Gain,
    Predictions,
    Provenance,
    SeedScore,
)
from undertone.evaluation.selective import area_under_risk

ALONE = "_only"


def summarise(predictions: Predictions, provenance: Provenance) -> Evaluation:
    """Score predictions under every condition, with intervals over speakers.

    Predictions of several seeds are pooled: each seed has a prediction for every utterance, so
    UAR and accuracy are the means over the seeds, and a resample of speakers draws the same ones
    for all seeds.

    Args:
        predictions: what was said.
        provenance: what was evaluated; its `headline` is a condition of the predictions.
    """
    headline = applicable(predictions, provenance.headline)
    probabilities = softmax(headline.logits[provenance.headline])
    guess = probabilities.argmax(axis=1)
    rows = predictions.rows
    return Evaluation(
        **provenance.model_dump(),
        labels=list(predictions.labels),
        utterances=rows["utterance_id"].nunique(),
        speakers=rows["speaker_id"].nunique(),
        resampled=_clusters(rows).unit,
        scores=scores_of(predictions, provenance.seed),
        ece=expected_calibration_error(probabilities, headline.truth),
        aurc=area_under_risk(probabilities.max(axis=1), guess == headline.truth),
        report=classification_report(headline.truth, guess, predictions.labels)[0],
        confusion=confusion(headline.truth, guess, len(predictions.labels)).tolist(),
        by_seed=_by_seed(predictions),
        gain=gain_of_fusion(predictions, provenance.seed),
    )


def applicable(predictions: Predictions, condition: str) -> Predictions:
    """The predictions of the utterances that a condition applies to."""
    there = np.asarray(~np.isnan(predictions.logits[condition]).any(axis=1))
    return _taken(predictions, there)


def pool(parts: Sequence[Predictions]) -> Predictions:
    """Predictions of several models as one; a condition that one lacks does not apply there."""
    conditions = dict.fromkeys(name for part in parts for name in part.logits)
    return Predictions(
        rows=pd.concat([part.rows for part in parts], ignore_index=True),
        labels=parts[0].labels,
        truth=np.concatenate([part.truth for part in parts]),
        logits={
            name: np.concatenate([part.logits.get(name, _nothing(part)) for part in parts])
            for name in conditions
        },
    )


def scores_of(predictions: Predictions, seed: int) -> dict[str, Scores]:
    """Scores by condition, on the utterances that it applies to."""
    return {name: _scores(applicable(predictions, name), name, seed) for name in predictions.logits}


def uar_by_condition(predictions: Predictions) -> dict[str, float]:
    """UAR of each condition that applies to any utterance."""
    parts = {name: applicable(predictions, name) for name in predictions.logits}
    return {
        name: uar(part.truth, _guess(part, name), len(part.labels))
        for name, part in parts.items()
        if len(part.rows)
    }


def uar_over_speakers(predictions: Predictions, condition: str, seed: int) -> Interval | None:
    """UAR with its interval over speakers; none where fewer than two are known."""
    part = applicable(predictions, condition)
    if len(part.rows) == 0 or _clusters(part.rows).unit != "speakers":
        return None
    return _scores(part, condition, seed).uar


def gain_of_fusion(predictions: Predictions, seed: int) -> Gain | None:
    """Fused less best modality alone; none where there is one modality."""
    alone = {
        name: reached
        for name, reached in uar_by_condition(predictions).items()
        if name.endswith(ALONE)
    }
    if len(alone) < 2:
        return None
    best = max(alone, key=alone.__getitem__)
    part = applicable(predictions, best)
    before, after = _guess(part, best), _guess(part, FUSED)
    groups, classes = _clusters(part.rows), len(part.labels)
    return Gain(over=best, uar=uar_difference(part.truth, before, after, classes, groups, seed))


def _scores(part: Predictions, condition: str, seed: int) -> Scores:
    guess = _guess(part, condition)
    return score(part.truth, guess, len(part.labels), _clusters(part.rows), seed)


def _by_seed(predictions: Predictions) -> list[SeedScore]:
    if "seed" not in predictions.rows or predictions.rows["seed"].nunique() < 2:
        return []
    seeds = predictions.rows["seed"].to_numpy()
    return [
        SeedScore(seed=int(seed), uar=uar_by_condition(_taken(predictions, seeds == seed)))
        for seed in np.unique(seeds)
    ]


def _taken(predictions: Predictions, chosen: npt.NDArray[np.bool_]) -> Predictions:
    return Predictions(
        rows=predictions.rows[chosen].reset_index(drop=True),
        labels=predictions.labels,
        truth=predictions.truth[chosen],
        logits={name: logits[chosen] for name, logits in predictions.logits.items()},
    )


def _nothing(part: Predictions) -> Array:
    return np.full((len(part.rows), len(part.labels)), np.nan)


def _guess(part: Predictions, condition: str) -> npt.NDArray[np.intp]:
    guess: npt.NDArray[np.intp] = part.logits[condition].argmax(axis=1)
    return guess


def _clusters(rows: pd.DataFrame) -> Clusters:
    return clusters(rows["speaker_id"].tolist(), rows["utterance_id"].tolist())
