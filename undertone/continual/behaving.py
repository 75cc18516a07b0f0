"""Whether a challenger behaves worse than its champion under changes of the input."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel

from undertone.evaluation.behaviour.record import AT_LEAST, Finding, Metric

COUNTED: frozenset[Metric] = frozenset({"unchanged", "unknown", "speech unknown"})
CHANCE = 0.05  # of all tests together


class Behaved(BaseModel):
    """One test of the behavioural suite, of champion (`before`) and challenger (`after`).

    `chance` is that of a difference like this if the challenger were no worse (Fisher's exact
    test, one-sided: with answers to the same recordings it errs on the side of the challenger).
    """

    name: str
    before: float
    after: float
    rule: str
    passed: bool
    chance: float

    def worse(self, tests: int) -> bool:
        """Whether the challenger breaks the bound and surely is worse, for one of `tests` tests."""
        return not self.passed and self.chance < CHANCE / tests


def behaved(before: Sequence[Finding], after: Sequence[Finding]) -> tuple[Behaved, ...]:
    """Set the findings of two models side by side; those that count answers.

    Args:
        before: of the champion.
        after: of the challenger, the same tests in the same order.
    """
    return tuple(
        Behaved(
            name=f"{one.name}, {one.metric}",
            before=one.value,
            after=other.value,
            rule=other.rule,
            passed=other.passed,
            chance=_chance(one, other),
        )
        for one, other in zip(before, after, strict=True)
        if one.metric in COUNTED
    )


def _chance(before: Finding, after: Finding) -> float:
    from scipy.stats import fisher_exact

    good, old = (round(finding.value * finding.n) for finding in (after, before))
    table = np.array([[good, after.n - good], [old, before.n - old]])
    if after.metric in AT_LEAST:
        return float(fisher_exact(table, alternative="less").pvalue)
    return float(fisher_exact(table, alternative="greater").pvalue)
