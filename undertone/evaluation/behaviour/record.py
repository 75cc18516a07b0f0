"""What a behavioural test found, and the verdict over all of them."""

from typing import Literal

from pydantic import BaseModel, computed_field

from undertone.evaluation.metrics import Interval

Metric = Literal[
    "recall",
    "precision",
    "share difference",
    "divergence",
    "UAR gap",
    "unchanged",
    "UAR change",
    "AUROC",
    "unknown",
    "speech unknown",
]
Group = Literal[
    "correctness",
    "fairness",
    "small changes",
    "noise",
    "telephone",
    "text sentiment",
    "abstention",
]
ROBUST: tuple[Group, ...] = ("small changes", "noise", "telephone", "text sentiment")
GROUPS: tuple[Group, ...] = ("correctness", "fairness", *ROBUST, "abstention")
AT_LEAST = frozenset({"recall", "precision", "unchanged", "UAR change", "AUROC", "unknown"})


class Finding(BaseModel):
    """One test: a figure, its bound, and on how many utterances it was measured."""

    group: Group
    name: str
    metric: Metric
    value: float
    bound: float
    n: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def passed(self) -> bool:
        """Whether the figure keeps its bound: at least it, or for errors below it."""
        if self.metric in AT_LEAST:
            return self.value >= self.bound
        return self.value < self.bound

    @property
    def rule(self) -> str:
        """The bound as one reads it."""
        return f"{'≥' if self.metric in AT_LEAST else '<'} {self.bound:g}"


class GroupScore(BaseModel):
    """UAR on a group of speakers: by `kind` sex or pitch, called `name`."""

    kind: str
    name: str
    uar: Interval
    speakers: int
    n: int

    @property
    def label(self) -> str:
        """Kind and name, such as `pitch: low`."""
        return f"{self.kind}: {self.name}"


class Behaviour(BaseModel):
    """What the behavioural suite found on one split of a corpus.

    `uar` is that of the unchanged recordings, heard alone: no text is given.
    """

    corpus: str
    split: str
    split_hash: str
    data_revision: str
    bundle_hash: str
    seed: int
    utterances: int
    speakers: int
    uar: Interval
    findings: list[Finding]
    groups: list[GroupScore]

    def of_group(self, group: Group) -> list[Finding]:
        """The findings of one group, in the order they were measured."""
        return [finding for finding in self.findings if finding.group == group]

    def passed(self, group: Group) -> str:
        """How many tests of a group passed, such as `10 of 11`."""
        found = self.of_group(group)
        return f"{sum(finding.passed for finding in found)} of {len(found)}"

    @property
    def verdict(self) -> str:
        """Correctness first: what a wrong model keeps fair and steady is worth little."""
        correct = all(finding.passed for finding in self.of_group("correctness"))
        others = [group for group in GROUPS[1:] if self.of_group(group)]
        rest = ", ".join(f"{group} {self.passed(group)}" for group in others)
        if correct:
            return f"Passes correctness ({self.passed('correctness')}). Passed: {rest}."
        return (
            f"FAILS CORRECTNESS ({self.passed('correctness')} passed): what it passes besides "
            f"says little, a random model is fair and steady too. Passed: {rest}."
        )
