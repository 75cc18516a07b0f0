"""The figures of the suite: correctness, fairness, and what a change does to the answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from undertone.evaluation.behaviour.record import Finding, Group, GroupScore, Metric
from undertone.evaluation.behaviour.suite import Test
from undertone.evaluation.metrics import Interval, clusters, confusion, score, uar

Indices = npt.NDArray[np.intp]

LEAST_RECALL = LEAST_PRECISION = 0.5
MOST_SHARE_DIFFERENCE = 0.15
MOST_DIVERGENCE = 0.2
MOST_UAR_GAP = 0.075


@dataclass(frozen=True)
class Baseline:
    """What a model answers to N unchanged recordings.

    Attributes:
        labels: the K emotions that it knows.
        truth: [N], indices of the true emotions.
        guess: [N], indices of its answers.
        speakers: [N], who speaks.
        seed: of the intervals.
    """

    labels: Sequence[str]
    truth: Indices
    guess: Indices
    speakers: Sequence[str]
    seed: int

    def uar(self, there: npt.NDArray[np.bool_] | None = None) -> Interval:
        """UAR with its interval, of a part [N] or of all."""
        chosen = np.ones(len(self.truth), bool) if there is None else there
        groups = clusters(np.array(self.speakers)[chosen].tolist())
        classes = len(self.labels)
        return score(self.truth[chosen], self.guess[chosen], classes, groups, self.seed).uar


def correctness(found: Baseline) -> list[Finding]:
    """Recall, precision and share of each class that occurs, and how far the shares diverge.

    The divergence is Jensen and Shannon's, to base 2, between the true and the predicted shares.
    """
    from scipy.spatial.distance import jensenshannon

    counts = confusion(found.truth, found.guess, len(found.labels))
    true, said, hits = counts.sum(axis=1), counts.sum(axis=0), np.diag(counts)
    tests: list[tuple[Metric, npt.NDArray[np.float64], float]] = [
        ("recall", hits / np.maximum(true, 1), LEAST_RECALL),
        ("precision", hits / np.maximum(said, 1), LEAST_PRECISION),
        ("share difference", np.abs(true - said) / len(found.truth), MOST_SHARE_DIFFERENCE),
    ]
    by_class = [
        _finding("correctness", found.labels[k], metric, values[k], bound, len(found.truth))
        for metric, values, bound in tests
        for k in np.flatnonzero(true).tolist()
    ]
    divergence = jensenshannon(true, said, base=2) ** 2
    shares = _finding(
        "correctness", "shares", "divergence", divergence, MOST_DIVERGENCE, len(found.truth)
    )
    return [*by_class, shares]


def group_scores(found: Baseline, kind: str, group_of: Mapping[str, str]) -> list[GroupScore]:
    """UAR of each group of speakers.

    Args:
        found: the answers.
        kind: what the groups are made by.
        group_of: the group of each speaker; those without one are left out.
    """
    group = np.array([group_of.get(speaker, "") for speaker in found.speakers])
    return [
        GroupScore(
            kind=kind,
            name=name,
            uar=found.uar(group == name),
            speakers=len(set(np.array(found.speakers)[group == name])),
            n=int((group == name).sum()),
        )
        for name in sorted(set(group.tolist()) - {""})
    ]


def fairness(groups: Sequence[GroupScore], whole: float) -> list[Finding]:
    """How far each group's UAR lies from that of all; nothing where there is only one group."""
    if len(groups) < 2:
        return []
    return [
        _finding(
            "fairness",
            group.label,
            "UAR gap",
            abs(group.uar.value - whole),
            MOST_UAR_GAP,
            group.n,
        )
        for group in groups
    ]


def robustness(found: Baseline, after: Indices, test: Test) -> list[Finding]:
    """Share of answers that stay and, where it has a bound, the change of UAR.

    Args:
        found: the answers to the unchanged input.
        after: [N], those to the changed one.
        test: what was changed, and the bounds.
    """
    count, classes = len(after), len(found.labels)
    same = float(np.mean(found.guess == after))
    kept = _finding(test.group, test.name, "unchanged", same, test.unchanged, count)
    if test.uar_change is None:
        return [kept]
    change = uar(found.truth, after, classes) - uar(found.truth, found.guess, classes)
    return [kept, _finding(test.group, test.name, "UAR change", change, test.uar_change, count)]


def _finding(
    group: Group, name: str, metric: Metric, value: float, bound: float, n: int
) -> Finding:
    return Finding(group=group, name=name, metric=metric, value=float(value), bound=bound, n=n)
