"""What the drift gate found in a window, as plain data and as words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import IntEnum
from typing import Any


class Verdict(IntEnum):
    """Steady, not enough data, or what changed. From `MIX` on a retrain is asked for."""

    STEADY = 0
    NOT_ENOUGH = 1
    MIX = 2
    INPUT = 3
    BOTH = 4


HEADLINES = {
    Verdict.STEADY: "Steady: the live emotions are those of the reference.",
    Verdict.NOT_ENOUGH: "Not enough data to tell.",
    Verdict.MIX: "The mix of emotions changed.",
    Verdict.INPUT: "The input changed.",
    Verdict.BOTH: "Both the mix of emotions and the input changed.",
}


@dataclass(frozen=True)
class Shift:
    """One channel now and in the reference: a share of predictions, or a signal's mean rank.

    Attributes:
        channel: an emotion or a signal.
        kind: `emotion` or `signal`.
        reference: its mean in the reference; a signal's as the present mix explains it.
        live: its mean over the calls used.
        half_width: of the simultaneous 95 % interval of `live - reference`.
        moved: whether that interval lies outside the tolerance band.
        smallest: δ, the smallest shift worth acting on.
        band: half-width of the tolerance band.
        calls_needed: calls until a shift of δ raises the alarm, None where it cannot be seen.
    """

    channel: str
    kind: str
    reference: float
    live: float
    half_width: float
    moved: bool
    smallest: float
    band: float
    calls_needed: int | None

    @property
    def shift(self) -> float:
        """Live less reference."""
        return self.live - self.reference

    @property
    def is_small(self) -> bool:
        """Whether the whole interval is closer than δ."""
        return abs(self.shift) + self.half_width < self.smallest

    def __str__(self) -> str:
        unit = "points" if self.kind == "emotion" else "rank points"
        return f"{self.channel} {100 * self.shift:+.0f} ± {100 * self.half_width:.0f} {unit}"


@dataclass(frozen=True)
class Finding:
    """The gate's answer on one window.

    Attributes:
        verdict: see `Verdict`.
        evidence: wealth of all bets together; the alarm is at `threshold`.
        threshold: what it takes for an alarm.
        shifts: all channels, emotions first.
        calls_used: calls that `shifts` is over, back from the window's end.
        windows_used: windows that those calls came in.
        calls_missing: calls still to come before "steady" can be said, None if it never can.
        reference_note: whether the reference is good enough, and why not.
        ids_note: what the self-check of the call ids says.
        true_mix: for each emotion its estimated true share and 90 % interval.
        true_mix_note: why the true mix is withheld, empty if it is not.
        promise: false alarms and power, in words.
    """

    verdict: Verdict
    evidence: float
    threshold: float
    shifts: tuple[Shift, ...]
    calls_used: int
    windows_used: int
    calls_missing: int | None
    reference_note: str
    ids_note: str
    promise: str
    true_mix: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    true_mix_note: str = ""

    @property
    def moved(self) -> tuple[Shift, ...]:
        """The channels that moved, furthest first."""
        return tuple(sorted((s for s in self.shifts if s.moved), key=lambda s: -abs(s.shift)))

    @property
    def words(self) -> str:
        """The verdict as a reader wants it: what, how much, from how many calls."""
        return f"{HEADLINES[self.verdict]} {self.grounds}"

    @property
    def grounds(self) -> str:
        """How much, and from how many calls."""
        calls = f"{self.calls_used} calls"
        if self.verdict >= Verdict.MIX:
            named = ", ".join(map(str, self.moved)) or "no single channel stands out"
            return f"{named[0].upper()}{named[1:]} ({calls}). Confirm on the next calls."
        if not self.shifts:
            return "There were no predictions in this window."
        emotions = [shift for shift in self.shifts if shift.kind == "emotion"]
        delta = f"{100 * emotions[0].smallest:.0f} points"
        if self.verdict is Verdict.STEADY:
            return f"No emotion is {delta} or more away ({calls})."
        if self.calls_missing is None:
            return self.reference_note
        if self.calls_missing:
            return f"{calls} so far, about {self.calls_missing} more needed."
        widest = max(emotions, key=lambda shift: abs(shift.shift) + shift.half_width)
        return f"{widest} is too close to {delta} to call after {calls}."

    def as_json(self) -> dict[str, Any]:
        """All of it, with the words, in JSON's types."""
        return asdict(self) | {"verdict": int(self.verdict), "words": self.words}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Finding":
        """The finding that `as_json` gave."""
        own = {part.name: values[part.name] for part in fields(cls)}
        shifts = tuple(Shift(**shift) for shift in values["shifts"])
        mix = {name: tuple(share) for name, share in values["true_mix"].items()}
        return cls(**own | {"verdict": Verdict(own["verdict"]), "shifts": shifts, "true_mix": mix})
