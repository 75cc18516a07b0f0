"""One window looked at as a whole, by its share of negative emotions, and segment by segment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitoring.calls import WHOLE, Calls
from monitoring.evidence import Evidence, Window
from monitoring.finding import Finding, Verdict
from monitoring.gate import DriftGate
from monitoring.reference import Reference
from monitoring.surges import NEGATIVE, Surge, SurgeGate
from undertone.config import DriftParams

MOST_SEGMENTS = 1_000  # that are looked through for the largest


@dataclass(frozen=True)
class Seen:
    """What was found in a window.

    Attributes:
        whole: of all traffic; its verdict is the window's.
        negative: of the share of negative emotions.
        surge: whether that share surges.
        segments: of each segment by its name (`channel telephone`).
        unwatched: how many more segments there were than are watched.
        predictions: how many the window had.
        notes: what a reader should know beside.
    """

    whole: Finding
    negative: Finding
    surge: Surge
    segments: Mapping[str, Finding]
    unwatched: int
    predictions: int
    notes: tuple[str, ...]

    @property
    def alert(self) -> str | None:
        """What somebody should be told of at once, if anything."""
        told = [self.whole.words] if self.whole.verdict >= Verdict.MIX else []
        if self.surge in (Surge.BEGINS, Surge.ENDS):
            told.append(f"A surge of negative emotions {self.surge}: {self.negative.grounds}")
        told += [
            f"In {name}: {found.words}"
            for name, found in self.segments.items()
            if found.verdict >= Verdict.MIX
        ]
        return " ".join(told) or None

    def as_json(self) -> dict[str, Any]:
        """In JSON's types: the whole's finding, and the others beside it."""
        return self.whole.as_json() | {
            "negative": self.negative.as_json(),
            "surge": str(self.surge),
            "segments": {name: found.as_json() for name, found in self.segments.items()},
            "unwatched": self.unwatched,
            "predictions": self.predictions,
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Seen":
        """What `as_json` gave."""
        segments = values["segments"].items()
        return cls(
            whole=Finding.from_json(values),
            negative=Finding.from_json(values["negative"]),
            surge=Surge(values["surge"]),
            segments={name: Finding.from_json(found) for name, found in segments},
            unwatched=values["unwatched"],
            predictions=values["predictions"],
            notes=tuple(values["notes"]),
        )


class Lookout:
    """The drift gate, one for surges and one for segments, and what they carry on.

    Each has false alarms of its own: `false_alarms_per_30_days` for all traffic, as many for
    surges, and as many for all segments together.

    Args:
        reference: what the champion's predictions look like when nothing is wrong.
        params: the gate's settings.
        carried: the state that `look` gave for the window before; empty for the first.
    """

    def __init__(
        self, reference: Reference, params: DriftParams, carried: Mapping[str, Any]
    ) -> None:
        self._reference = reference
        self._params = params
        self._gate = DriftGate(reference, params)
        self._surges = SurgeGate(reference, params)
        share = params.false_alarms_per_30_days / max(params.segments, 1)
        of_segment = params.model_copy(update={"false_alarms_per_30_days": share})
        self._of_segment = DriftGate(reference, of_segment)
        self._carried = dict(carried.get("evidence", {}))
        self._surging = bool(carried.get("surging", False))

    def look(
        self, parts: Iterable[Calls], elapsed: float, notes: tuple[str, ...] = ()
    ) -> tuple[Seen, dict[str, Any]]:
        """Judge one more window.

        Args:
            parts: its calls.
            elapsed: its length in nominal windows (24 hours / `windows_per_day`).
            notes: what a reader should know beside.

        Returns:
            What was found, and the state to carry on, in JSON's types.

        Raises:
            ModelError: predictions name emotions that the reference does not know.
        """
        sums = self._sum_up(parts)
        whole = self._judge(WHOLE, self._gate, sums.whole, elapsed)
        negative, surge = self._judge_negative(sums.negative, elapsed)
        watched = self._watched(sums.segments)
        seen = Seen(
            whole=whole,
            negative=negative,
            surge=surge,
            segments={
                name: self._judge(name, self._of_segment, sums.segments[name], elapsed)
                for name in watched
            },
            unwatched=len(sums.segments) + len(sums.left_out) - len(watched),
            predictions=sums.predictions,
            notes=notes,
        )
        surging = surge in (Surge.BEGINS, Surge.GOES_ON)
        return seen, {"evidence": self._carried, "surging": surging}

    def _sum_up(self, parts: Iterable[Calls]) -> "_Sums":
        sums = _Sums(self._gate.no_calls(), self._surges.gate.no_calls())
        for calls in parts:
            sums.predictions += calls.utterances
            sums.negative += self._surges.window(calls)
            (_, *segments), members = calls.groups()
            whole, *windows = self._gate.windows(calls, members)  # bets are those of all gates
            sums.whole += whole
            for name, window in zip(segments, windows, strict=True):
                sums.add(name, window)
        return sums

    def _watched(self, segments: Mapping[str, Window]) -> list[str]:
        """The segments watched before, then the largest, as many as are watched."""
        known = self._carried.keys() - {WHOLE, NEGATIVE}
        first = sorted(segments, key=lambda name: (name not in known, -segments[name].calls, name))
        room = self._params.segments - len(known - segments.keys())
        return sorted(first[: max(room, 0)])

    def _judge(self, name: str, gate: DriftGate, window: Window, elapsed: float) -> Finding:
        evidence, finding = gate.judge(self._evidence(name, gate), window, elapsed)
        self._carried[name] = evidence.as_json()
        return finding

    def _judge_negative(self, window: Window, elapsed: float) -> tuple[Finding, Surge]:
        before = self._evidence(NEGATIVE, self._surges.gate)
        evidence, finding, surge = self._surges.judge(
            before, window, elapsed, surging=self._surging
        )
        self._carried[NEGATIVE] = evidence.as_json()
        return finding, surge

    def _evidence(self, name: str, gate: DriftGate) -> Evidence:
        return Evidence.from_json(self._carried.get(name, {}), len(gate.bets.channel))


@dataclass
class _Sums:
    whole: Window
    negative: Window
    segments: dict[str, Window] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    predictions: int = 0

    def add(self, segment: str, window: Window) -> None:
        if segment in self.segments:
            self.segments[segment] += window
        elif len(self.segments) < MOST_SEGMENTS:
            self.segments[segment] = window
        elif len(self.left_out) < MOST_SEGMENTS:
            self.left_out.add(segment)
