"""Traffic with known truth, to show what the drift gate promises."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from monitoring.calls import Calls
from monitoring.gate import DriftGate
from monitoring.ranks import Array
from undertone.labels import EMOTIONS

HOURS = 24


@dataclass(frozen=True)
class Traffic:
    """Calls whose clips share a mood: Dirichlet-multinomial predictions.

    Attributes:
        shares: of the first K emotions in all traffic.
        clips: a call, or their mean.
        likeness: correlation of clips within a call, in (0, 1).
        unequal: whether the number of clips varies from call to call (geometric).
        swing: of the second emotion's share over a day, in both directions.
    """

    shares: tuple[float, ...]
    clips: int = 5
    likeness: float = 0.3
    unequal: bool = False
    swing: float = 0.0

    @property
    def emotions(self) -> tuple[str, ...]:
        """Names of the K emotions."""
        return EMOTIONS[: len(self.shares)]

    def shifted(self, by: float, emotion: int = 0) -> "Traffic":
        """The same traffic with one emotion's share changed, the others in proportion."""
        shares = np.array(self.shares)
        rest = (1 - shares[emotion] - by) / (1 - shares[emotion])
        moved = shares * rest
        moved[emotion] = shares[emotion] + by
        return replace(self, shares=tuple(moved.tolist()))

    def counts(self, calls: int, rng: np.random.Generator, hour: int = 0) -> Array:
        """Predictions of each emotion in each call that begins at this hour [calls, K]."""
        now = self.shifted(self.swing * float(np.cos(2 * np.pi * hour / HOURS)), emotion=1)
        concentration = (1 - self.likeness) / self.likeness
        moods = rng.dirichlet(np.array(now.shares) * concentration, size=calls)
        clips = rng.geometric(1 / self.clips, calls) if self.unequal else self.clips
        return rng.multinomial(clips, moods).astype(float)

    def calls(self, calls: int, rng: np.random.Generator, hour: int = 0) -> Calls:
        """Calls that begin at this hour of the simulation, day after day."""
        counts = self.counts(calls, rng, hour)
        began = np.full(calls, np.datetime64(hour, "h"))
        return Calls(counts / counts.sum(axis=1, keepdims=True), began)

    def clips_alone(self, calls: int, rng: np.random.Generator) -> Calls:
        """The clips of so many calls as if each were a call: what wrong ids make of them."""
        counts = self.counts(calls, rng).sum(axis=0).astype(int)
        return Calls.of_means(np.repeat(np.eye(len(counts)), counts, axis=0))

    def frame(self, calls: int, rng: np.random.Generator, *, with_ids: bool = True) -> pd.DataFrame:
        """The predictions as rows, fit to be a reference; without call ids if so asked."""
        counts = self.counts(calls, rng).astype(int)
        names = np.array(self.emotions)
        said = np.repeat(np.tile(names, calls), counts.ravel())
        rows = pd.DataFrame({"emotion": said} | {f"p_{name}": said == name for name in names})
        if with_ids:
            rows["call_id"] = np.repeat(np.arange(calls), counts.sum(axis=1))
        return rows


def count_alarms(gate: DriftGate, windows: Iterable[Calls]) -> int:
    """Alarms over windows, the evidence starting anew after each."""
    evidence, alarms = gate.none_yet(), 0
    for calls in windows:
        evidence = gate.grow(evidence, gate.window(calls))
        if gate.alarms(evidence):
            evidence, alarms = gate.none_yet(), alarms + 1
    return alarms


def windows_to_alarm(gate: DriftGate, windows: Iterable[Calls]) -> int | None:
    """How many windows it takes until the first alarm, None if there is none."""
    evidence = gate.none_yet()
    for number, calls in enumerate(windows, start=1):
        evidence = gate.grow(evidence, gate.window(calls))
        if gate.alarms(evidence):
            return number
    return None
