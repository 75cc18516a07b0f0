"""How right predictions are, and how sure one can be of it given how few speakers there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
RESAMPLES = 1000
CHUNK = 100  # resamples held in memory at once
CONFIDENCE = 0.95
UNKNOWN_SPEAKERS = ("", "unknown", "none", "nan")


class Interval(BaseModel):
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class Scores(BaseModel):
    """What one way of predicting reaches on one set of utterances."""

    uar: Interval
    accuracy: Interval
    macro_f1: Interval
    weighted_f1: Interval


@dataclass(frozen=True)
class Clusters:
    """What a bootstrap draws: `index` [N] names the cluster of each utterance, `unit` its kind."""

    index: Indices
    count: int
    unit: str


def clusters(speakers: Sequence[str], utterances: Sequence[str] | None = None) -> Clusters:
    """Group predictions by speaker, whose utterances resemble each other.

    With fewer than two known speakers every utterance stands alone, and `unit` says so: such an
    interval is too narrow for a new speaker.

    Args:
        speakers: [N], who speaks.
        utterances: [N], what is said, where several predictions may be of one utterance.
    """
    names, index = np.unique(np.asarray(speakers, dtype=str), return_inverse=True)
    known = [name for name in names if name.strip().lower() not in UNKNOWN_SPEAKERS]
    if len(known) < 2 or len(known) < len(names):
        alone = np.arange(len(speakers)) if utterances is None else np.asarray(utterances)
        distinct, index = np.unique(alone, return_inverse=True)
        return Clusters(index, len(distinct), "utterances")
    return Clusters(index, len(names), "speakers")


def confusion(labels: npt.ArrayLike, predicted: npt.ArrayLike, classes: int) -> Indices:
    """Counts [K, K]: rows are true classes, columns predicted ones."""
    truth, guess = np.asarray(labels, dtype=np.intp), np.asarray(predicted, dtype=np.intp)
    return np.bincount(truth * classes + guess, minlength=classes**2).reshape(classes, classes)


def uar_of(counts: npt.NDArray[np.generic]) -> Floats:
    """Unweighted average recall of confusion counts [..., K, K], over the classes that occur."""
    truths = counts.sum(axis=-1)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    recalls = np.divide(hits, truths, out=np.zeros(truths.shape), where=truths > 0)
    occurring = np.maximum((truths > 0).sum(axis=-1), 1)
    return np.asarray(recalls.sum(axis=-1) / occurring)


def accuracy_of(counts: npt.NDArray[np.generic]) -> Floats:
    """Share of right predictions of confusion counts [..., K, K]."""
    hits = np.trace(counts, axis1=-2, axis2=-1)
    return np.asarray(hits / np.maximum(counts.sum(axis=(-2, -1)), 1))


def macro_f1_of(counts: npt.NDArray[np.generic]) -> Floats:
    """Mean F1 of confusion counts [..., K, K], over the classes that occur or are predicted."""
    scores, either = _f1_of(counts)
    return np.asarray(scores.sum(axis=-1) / np.maximum((either > 0).sum(axis=-1), 1))


def weighted_f1_of(counts: npt.NDArray[np.generic]) -> Floats:
    """F1 of confusion counts [..., K, K], weighted by how often each class occurs."""
    scores, _ = _f1_of(counts)
    truths = counts.sum(axis=-1)
    return np.asarray((scores * truths).sum(axis=-1) / np.maximum(truths.sum(axis=-1), 1))


def _f1_of(counts: npt.NDArray[np.generic]) -> tuple[Floats, Floats]:
    """F1 of each class [..., K], and how often it occurs and is predicted, together [..., K]."""
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    either = np.asarray(counts.sum(axis=-1) + counts.sum(axis=-2), dtype=np.float64)
    return np.divide(2.0 * hits, either, out=np.zeros(either.shape), where=either > 0), either


def uar(labels: npt.ArrayLike, predicted: npt.ArrayLike, classes: int) -> float:
    """Unweighted average recall (macro recall), over the classes that occur in `labels`."""
    return float(uar_of(confusion(labels, predicted, classes)))


def score(
    labels: npt.ArrayLike, predicted: npt.ArrayLike, classes: int, groups: Clusters, seed: int = 0
) -> Scores:
    """UAR, accuracy and F1 with cluster-bootstrap intervals.

    Args:
        labels: [N], indices of the true classes.
        predicted: [N], indices of the predicted classes.
        classes: how many classes there are.
        groups: who is drawn together, from `clusters`.
        seed: of the 1,000 resamples.
    """
    parts = _cluster_confusions(labels, predicted, classes, groups)
    resampled = _resampled(parts, seed)
    whole = parts.sum(axis=0)
    return Scores(
        uar=_interval(uar_of, whole, resampled),
        accuracy=_interval(accuracy_of, whole, resampled),
        macro_f1=_interval(macro_f1_of, whole, resampled),
        weighted_f1=_interval(weighted_f1_of, whole, resampled),
    )


def uar_difference(
    labels: npt.ArrayLike,
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    classes: int,
    groups: Clusters,
    seed: int = 0,
) -> Interval:
    """What UAR gains from `before` to `after`, both resampled with the same speakers.

    Args:
        labels: [N], indices of the true classes.
        before: [N], classes that one model predicts.
        after: [N], classes that the other predicts for the same utterances.
        classes: how many classes there are.
        groups: who is drawn together, from `clusters`.
        seed: of the 1,000 resamples.
    """
    first = _cluster_confusions(labels, before, classes, groups)
    second = _cluster_confusions(labels, after, classes, groups)
    both = np.stack([first, second], axis=1)

    def gain(counts: npt.NDArray[np.generic]) -> Floats:
        scores = uar_of(counts)
        return np.asarray(scores[..., 1] - scores[..., 0])

    return _interval(gain, both.sum(axis=0), _resampled(both, seed))


def interval_of_sums(
    metric: Callable[[Floats], Floats], terms: npt.ArrayLike, groups: Clusters, seed: int = 0
) -> Interval:
    """A figure of what adds up over utterances, with its cluster-bootstrap interval.

    Args:
        metric: sums [..., D] to figures [...].
        terms: of each utterance [N, D].
        groups: who is drawn together, from `clusters`.
        seed: of the 1,000 resamples.
    """
    rows = np.asarray(terms, dtype=np.float64)
    parts = np.zeros((groups.count, *rows.shape[1:]))
    np.add.at(parts, groups.index, rows)
    return _interval(metric, parts.sum(axis=0), _resampled(parts, seed))


def classification_report(
    labels: npt.ArrayLike, predicted: npt.ArrayLike, names: Sequence[str]
) -> tuple[dict[str, dict[str, float]], str]:
    """Precision, recall, F1 and support per class, with micro, macro and weighted averages.

    Args:
        labels: [N], indices of the true classes.
        predicted: [N], indices of the predicted classes.
        names: the classes' names; those that neither occur nor are predicted get no row.

    Returns:
        The figures by row, and scikit-learn's familiar table with a row for the micro average.
    """
    from sklearn import metrics as sk

    present = np.union1d(np.asarray(labels, dtype=np.intp), np.asarray(predicted, dtype=np.intp))
    chosen = [names[k] for k in present]
    given = {"labels": present, "zero_division": 0.0}
    rows = sk.classification_report(
        labels, predicted, target_names=chosen, output_dict=True, **given
    )
    micro = sk.precision_recall_fscore_support(labels, predicted, average="micro", **given)
    keys = ("precision", "recall", "f1-score", "support")
    figures = (*(float(value) for value in micro[:3]), float(np.size(labels)))
    rows["micro avg"] = dict(zip(keys, figures, strict=True))
    text = sk.classification_report(labels, predicted, target_names=chosen, digits=3, **given)
    row = f"{'micro avg':>{max(map(len, rows))}} " + "".join(
        f" {value:>9.3f}" for value in figures[:3]
    )
    return rows, _insert_above("macro avg", f"{row} {figures[3]:>9.0f}", text)


def _insert_above(mark: str, line: str, text: str) -> str:
    start = text.rfind("\n", 0, text.index(mark)) + 1
    return f"{text[:start]}{line}\n{text[start:]}"


def _cluster_confusions(
    labels: npt.ArrayLike, predicted: npt.ArrayLike, classes: int, groups: Clusters
) -> Floats:
    truth, guess = np.asarray(labels, dtype=np.intp), np.asarray(predicted, dtype=np.intp)
    parts = np.zeros((groups.count, classes, classes))
    np.add.at(parts, (groups.index, truth, guess), 1.0)
    return parts


def _resampled(parts: Floats, seed: int) -> Floats:
    generator = np.random.default_rng(seed)
    shares = np.full(len(parts), 1 / len(parts))
    chunks = [
        np.tensordot(generator.multinomial(len(parts), shares, size=CHUNK), parts, axes=1)
        for _ in range(RESAMPLES // CHUNK)
    ]
    return np.concatenate(chunks)


def _interval(metric: Callable[[Floats], Floats], whole: Floats, resampled: Floats) -> Interval:
    value = float(metric(whole))
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(metric(resampled), [tail, 100 - tail])
    return Interval(value=value, low=min(float(low), value), high=max(float(high), value))
