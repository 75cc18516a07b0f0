"""Figures of tables of predictions: rows with `speaker_id`, `true_emotion` and `emotion`."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from undertone.evaluation.metrics import Clusters, Interval, clusters, score, uar_difference
from undertone.labels import EMOTIONS

Indices = npt.NDArray[np.intp]
PLACE = {emotion: number for number, emotion in enumerate(EMOTIONS)}


def uar_of(table: pd.DataFrame) -> Interval:
    """UAR over pooled predictions, those of several seeds too, with its interval."""
    truth, guess = _indices(table["true_emotion"]), _indices(table["emotion"])
    return score(truth, guess, len(EMOTIONS), drawn(table)).uar


def uar_less(ours: pd.DataFrame, other: pd.DataFrame) -> Interval:
    """UAR of one table less that of another, over the utterances of both.

    Where both have several seeds each is met by its own; otherwise all are met by the one.
    """
    keys = ["utterance_id", "seed"] if "seed" in ours and "seed" in other else ["utterance_id"]
    second = other[[*keys, "emotion"]].rename(columns={"emotion": "other"})
    both = ours.merge(second, on=keys)
    truth = _indices(both["true_emotion"])
    guesses = (_indices(both["other"]), _indices(both["emotion"]))
    return uar_difference(truth, *guesses, len(EMOTIONS), drawn(both))


def drawn(table: pd.DataFrame) -> Clusters:
    """Who is drawn together: speakers where they are known."""
    return clusters(table["speaker_id"].tolist(), table["utterance_id"].tolist())


def _indices(emotions: pd.Series) -> Indices:
    return np.array([PLACE[emotion] for emotion in emotions], dtype=np.intp)
