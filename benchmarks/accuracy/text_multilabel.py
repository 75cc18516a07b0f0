"""GoEmotions as its paper scores it: all comments of the test split, several emotions allowed.

Demszky et al., 2020, give a fine-tuned BERT-base a macro-F1 of .64 on Ekman's classes so. Ours was
trained on the comments of a single emotion. A comment is given every emotion whose probability is
over a threshold of its class, which the validation comments choose, and where there is none the
likeliest one.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from undertone.bundle import Bundle
from undertone.corpora.base import Reject
from undertone.corpora.goemotions import Comment, read_comments
from undertone.evaluation.metrics import Interval
from undertone.manifest import COLUMNS
from undertone.model.config import UNHEARD
from undertone.training.examples import Examples
from undertone.training.predicting import predict

RESAMPLES = 1000
GRID = np.arange(0.05, 0.96, 0.01)

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def score_all_comments(bundle: Bundle, source: Path, most: int | None) -> tuple[Interval, int]:
    """Macro-F1 with its interval over comments, and how many these are.

    Args:
        bundle: classifies comments.
        source: folder of the corpus as it was published.
        most: comments of each split that are enough; all without it.
    """
    comments = [found for found in read_comments(source) if not isinstance(found, Reject)]
    probabilities, truth = {}, {}
    for split in ("validation", "test"):
        part = [comment for comment in comments if comment.split == split][:most]
        truth[split] = np.array([[e in found.emotions for e in bundle.labels] for found in part])
        probabilities[split] = _probabilities(bundle, part)
    limits = choose_thresholds(probabilities["validation"], truth["validation"])
    given = assign(probabilities["test"], limits)
    return _interval(truth["test"], given), len(given)


def choose_thresholds(probabilities: Floats, truth: Flags) -> Floats:
    """The threshold of each class [K] with the best F1 on probabilities and flags [N, K]."""
    f1 = np.array([_f1(*_counts(truth, probabilities >= limit)) for limit in GRID])
    return np.asarray(GRID[f1.argmax(axis=0)])


def assign(probabilities: Floats, thresholds: Floats) -> Flags:
    """Which emotions each comment is given [N, K]: at least one."""
    given = probabilities >= thresholds
    likeliest = probabilities == probabilities.max(axis=1, keepdims=True)
    return np.where(given.any(axis=1, keepdims=True), given, likeliest)


def _probabilities(bundle: Bundle, comments: list[Comment]) -> Floats:
    frame = pd.DataFrame(
        {"utterance_id": comment.name, "text": comment.text} for comment in comments
    ).reindex(columns=COLUMNS)
    logits = predict(bundle, Examples(frame, torch.zeros(len(frame), *UNHEARD))).logits
    return np.asarray(bundle.distribution(torch.from_numpy(logits)), dtype=np.float64)


def _counts(truth: Flags, given: Flags) -> tuple[Floats, Floats]:
    hits = (truth & given).sum(axis=-2, dtype=np.float64)
    return hits, truth.sum(axis=-2, dtype=np.float64) + given.sum(axis=-2, dtype=np.float64)


def _f1(hits: Floats, either: Floats) -> Floats:
    return np.divide(2 * hits, either, out=np.zeros_like(either), where=either > 0)


def _interval(truth: Flags, given: Flags) -> Interval:
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(truth), (RESAMPLES, len(truth)))
    resampled = [_f1(*_counts(truth[rows], given[rows])).mean() for rows in drawn]
    value = float(_f1(*_counts(truth, given)).mean())
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Interval(value=value, low=min(float(low), value), high=max(float(high), value))
