"""Traffic with known truth, to show what the drift gate promises."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from monitoring.gate import DriftGate
from monitoring.reference import Array
from undertone.labels import EMOTIONS


@dataclass(frozen=True)
class Traffic:
    """Calls whose clips share a mood: Dirichlet-multinomial predictions.

    Attributes:
        shares: of the first K emotions in all traffic.
        clips: a call.
        likeness: correlation of clips within a call, in (0, 1).
    """

    shares: tuple[float, ...]
    clips: int = 5
    likeness: float = 0.3

    def shifted(self, by: float, emotion: int = 0) -> "Traffic":
        """The same traffic with one emotion's share changed, the others in proportion."""
        shares = np.array(self.shares)
        rest = (1 - shares[emotion] - by) / (1 - shares[emotion])
        moved = shares * rest
        moved[emotion] = shares[emotion] + by
        return Traffic(tuple(moved.tolist()), self.clips, self.likeness)

    def counts(self, calls: int, rng: np.random.Generator) -> Array:
        """Predictions of each emotion in each call [calls, K]."""
        concentration = (1 - self.likeness) / self.likeness
        moods = rng.dirichlet(np.array(self.shares) * concentration, size=calls)
        return rng.multinomial(self.clips, moods).astype(float)

    def call_means(self, calls: int, rng: np.random.Generator) -> Array:
        """Shares of each emotion in each call [calls, K]."""
        return self.counts(calls, rng) / self.clips

    def frame(self, calls: int, rng: np.random.Generator, *, with_ids: bool = True) -> pd.DataFrame:
        """The predictions as rows, fit to be a reference; without call ids if so asked."""
        counts = self.counts(calls, rng).astype(int)
        names = np.array(EMOTIONS[: len(self.shares)])
        said = np.repeat(np.tile(names, calls), counts.ravel())
        rows = pd.DataFrame({"emotion": said} | {f"p_{name}": said == name for name in names})
        if with_ids:
            rows["call_id"] = np.repeat(np.arange(calls), self.clips)
        return rows


def count_alarms(gate: DriftGate, windows: Iterable[Array]) -> int:
    """Alarms over windows of call means, the evidence starting anew after each."""
    evidence, alarms = gate.none_yet(), 0
    for calls in windows:
        evidence = gate.grow(evidence, calls)
        if gate.alarms(evidence):
            evidence, alarms = gate.none_yet(), alarms + 1
    return alarms


def windows_to_alarm(gate: DriftGate, windows: Iterable[Array]) -> int | None:
    """How many windows it takes until the first alarm, None if there is none."""
    evidence = gate.none_yet()
    for number, calls in enumerate(windows, start=1):
        evidence = gate.grow(evidence, calls)
        if gate.alarms(evidence):
            return number
    return None
