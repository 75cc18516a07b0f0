"""The drift gate's promises, measured again by simulation, with controls that must break them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from statistics import mean, median

import numpy as np

from monitoring.bets import place_bets
from monitoring.calls import Calls
from monitoring.finding import Verdict
from monitoring.gate import DriftGate
from monitoring.mix import true_mix
from monitoring.reference import Reference
from monitoring.simulation import HOURS, Traffic, count_alarms, windows_to_alarm
from monitoring.surges import SurgeGate
from undertone.config import DriftParams

USUAL = Traffic((0.42, 0.16, 0.12, 0.10, 0.06, 0.05, 0.09))
DAYS = 30
MONTH = DAYS * HOURS
ANGER = 3
REFERENCE_CALLS = 1000
PATIENCE = 600
SEGMENTS = 20

Rng = np.random.Generator


@dataclass(frozen=True)
class Claim:
    """A promise and what a simulation makes of it.

    Attributes:
        name: what is promised.
        unit: of the figure.
        measured: the figure.
        low: it must not be less,
        high: nor more.
        trials: how many there were.
    """

    name: str
    unit: str
    measured: float
    low: float
    high: float
    trials: int

    @property
    def holds(self) -> bool:
        """Whether the figure is within its bounds."""
        return self.low <= self.measured <= self.high

    def columns(self) -> tuple[str, str, str, str, str]:
        """For a table: whether it holds, figure, bounds, trials, promise."""
        bounds = f"≥ {self.low:g}" if np.isinf(self.high) else f"≤ {self.high:g}"
        if self.low > 0 and np.isfinite(self.high):
            bounds = f"{self.low:g} to {self.high:g}"
        holds = "holds" if self.holds else "FAILS"
        return (holds, f"{self.measured:.2f} {self.unit}", bounds, str(self.trials), self.name)


def prove(seed: int = 17) -> Iterator[Claim]:
    """Measure each promise; takes about a minute.

    Args:
        seed: of all that is drawn.
    """
    for measure in CLAIMS:
        yield measure(np.random.default_rng(seed))


def _false_alarms(
    name: str, trial: Callable[[Rng], int], rng: Rng, trials: int, *, control: bool = False
) -> Claim:
    measured = mean(trial(rng) for _ in range(trials))
    low, high = (3.0, np.inf) if control else (0.0, 1.0)
    return Claim(name, "in 30 days", measured, low, high, trials)


def _gate(traffic: Traffic, rng: Rng, shift: float = 0.05) -> DriftGate:
    reference = Reference.from_frame(traffic.frame(REFERENCE_CALLS, rng))
    return DriftGate(reference, DriftParams(shift=shift))


def _windows(traffic: Traffic, calls: int, rng: Rng) -> Iterator[Calls]:
    hour = 0
    while True:
        yield traffic.calls(calls, rng, hour)
        hour += 1


def _quiet_month(traffic: Traffic, calls: int) -> Callable[[Rng], int]:
    def trial(rng: Rng) -> int:
        gate = _gate(traffic, rng)
        return count_alarms(gate, islice(_windows(traffic, calls, rng), MONTH))

    return trial


def _few(rng: Rng) -> Claim:
    return _false_alarms("false alarms, 4 calls an hour", _quiet_month(USUAL, 4), rng, 20)


def _some(rng: Rng) -> Claim:
    return _false_alarms("false alarms, 20 calls an hour", _quiet_month(USUAL, 20), rng, 20)


def _many(rng: Rng) -> Claim:
    return _false_alarms("false alarms, 200 calls an hour", _quiet_month(USUAL, 200), rng, 10)


def _unequal(rng: Rng) -> Claim:
    traffic = Traffic(USUAL.shares, unequal=True)
    return _false_alarms("false alarms, calls of 1 to 30 clips", _quiet_month(traffic, 20), rng, 20)


def _at_the_edge(rng: Rng) -> Claim:
    def trial(rng: Rng) -> int:
        reference = Reference.from_frame(USUAL.frame(4000, rng))
        gate = DriftGate(reference, DriftParams(shift=0.05))
        moved = USUAL.shifted(float(gate.band[ANGER]), ANGER)
        return count_alarms(gate, islice(_windows(moved, 20, rng), MONTH))

    return _false_alarms("false alarms, a share at the edge of its band", trial, rng, 20)


def _seasonal(pooled: bool) -> Callable[[Rng], int]:
    traffic = Traffic(USUAL.shares, swing=0.08)

    def trial(rng: Rng) -> int:
        days = list(islice(_windows(traffic, 12, rng), 14 * HOURS))
        means = np.concatenate([part.means for part in days])
        sample = Calls(means, np.concatenate([part.hours for part in days]))
        sample = Calls.of_means(means) if pooled else sample
        reference = Reference.from_baseline(sample, {}, traffic.frame(100, rng))
        gate = DriftGate(reference, DriftParams(shift=0.05))
        return count_alarms(gate, islice(_windows(traffic, 100, rng), MONTH))

    return trial


def _by_hour(rng: Rng) -> Claim:
    name = "false alarms, a swing of 8 points a day, baseline by the hour"
    return _false_alarms(name, _seasonal(pooled=False), rng, 4)


def _segments(rng: Rng) -> Claim:
    def trial(rng: Rng) -> int:
        reference = Reference.from_frame(USUAL.frame(REFERENCE_CALLS, rng))
        share = DriftParams(shift=0.1, false_alarms_per_30_days=1 / SEGMENTS)
        gate = DriftGate(reference, share)
        months = (islice(_windows(USUAL, 5, rng), MONTH) for _ in range(SEGMENTS))
        return sum(count_alarms(gate, month) for month in months)

    return _false_alarms(f"false alarms, {SEGMENTS} segments together", trial, rng, 1)


def _surges(rng: Rng) -> Claim:
    negative = USUAL.emotions[1:4]

    def trial(rng: Rng) -> int:
        whole = Reference.from_frame(USUAL.frame(REFERENCE_CALLS, rng))
        gate = SurgeGate(whole, DriftParams(negative=negative, negative_shift=0.1)).gate
        month = islice(_windows(USUAL, 20, rng), MONTH)
        pooled = (Calls(whole.pool(calls.means, negative), calls.hours) for calls in month)
        return count_alarms(gate, pooled)

    return _false_alarms("false alarms of surges", trial, rng, 20)


def _power(rng: Rng) -> Claim:
    def hit() -> bool:
        gate = _gate(USUAL, rng)
        needed = gate.calls_needed[ANGER] or 0
        moved = _windows(USUAL.shifted(0.05, ANGER), 20, rng)
        return windows_to_alarm(gate, islice(moved, -(-needed // 20))) is not None

    trials = 60
    measured = mean(hit() for _ in range(trials))
    return Claim("power at the calls told, stated .80", "", measured, 0.70, 1.0, trials)


def _delay(rng: Rng) -> Claim:
    def windows() -> float:
        moved = islice(_windows(USUAL.shifted(0.10, ANGER), 20, rng), PATIENCE)
        return windows_to_alarm(_gate(USUAL, rng), moved) or np.inf

    trials = 25
    measured = median(windows() for _ in range(trials))
    return Claim("a shift of 10 points, 20 calls an hour", "hours", measured, 0, 15, trials)


def _gradual(rng: Rng) -> Claim:
    def ramp(days: int) -> Iterator[Calls]:
        for hour in range(PATIENCE):
            risen = 0.10 * min(hour / (days * HOURS), 1)
            yield USUAL.shifted(risen, ANGER).calls(20, rng, hour)

    def days_to_alarm() -> float:
        return (windows_to_alarm(_gate(USUAL, rng), ramp(7)) or np.inf) / HOURS

    trials = 10
    measured = median(days_to_alarm() for _ in range(trials))
    name = "10 points in the course of 7 days, 20 calls an hour"
    return Claim(name, "days", measured, 0, 7, trials)


def _interval(rng: Rng) -> Claim:
    moved = USUAL.shifted(0.10, ANGER)
    truth = np.array(moved.shares) - np.array(USUAL.shares)

    def covered() -> bool:
        gate = _gate(USUAL, rng)
        evidence = gate.none_yet()
        for hour in range(PATIENCE):
            traffic = USUAL if hour < HOURS else moved
            evidence, found = gate.judge(evidence, gate.window(traffic.calls(20, rng)))
            if hour >= HOURS and found.verdict >= Verdict.MIX:
                return all(
                    abs(shift.shift - true) <= shift.half_width
                    for shift, true in zip(found.shifts, truth, strict=True)
                )
        return False

    trials = 25
    measured = mean(covered() for _ in range(trials))
    return Claim("interval at the alarm covers all shifts", "", measured, 0.85, 1.0, trials)


def _true_mix(rng: Rng) -> Claim:
    classes = len(USUAL.shares)
    confusable = 0.65 * np.eye(classes) + 0.35 / (classes - 1) * (1 - np.eye(classes))
    truth = np.array(USUAL.shifted(0.10, ANGER).shares)

    def covered(seed: int) -> float:
        counts = np.column_stack([rng.multinomial(200, column) for column in confusable.T])
        seen = rng.multinomial(1000, confusable @ truth) / 1000
        mix = true_mix(seen, 1000, counts.astype(float), draws=200, seed=seed)
        return float(((mix.low <= truth) & (truth <= mix.high)).mean())

    trials = 40
    measured = mean(covered(seed) for seed in range(trials))
    return Claim("90 % interval of the true mix covers", "", measured, 0.84, 0.96, trials)


def _ids_ignored(rng: Rng) -> Claim:
    def trial(rng: Rng) -> int:
        loose = Reference.from_frame(USUAL.frame(REFERENCE_CALLS, rng, with_ids=False))
        gate = DriftGate(loose, DriftParams(shift=0.05))
        return count_alarms(gate, (USUAL.clips_alone(20, rng) for _ in range(MONTH)))

    return _false_alarms("control: call ids ignored", trial, rng, 3, control=True)


def _season_pooled(rng: Rng) -> Claim:
    name = "control: a swing of 8 points a day, hours not told"
    return _false_alarms(name, _seasonal(pooled=True), rng, 2, control=True)


def _no_band(rng: Rng) -> Claim:
    def trial(rng: Rng) -> int:
        gate = _gate(USUAL, rng)
        gate.bets = place_bets(gate.reference, np.zeros_like(gate.band), gate.smallest)
        return count_alarms(gate, islice(_windows(USUAL, 200, rng), MONTH))

    return _false_alarms("control: no band around the reference", trial, rng, 3, control=True)


CLAIMS: tuple[Callable[[Rng], Claim], ...] = (
    _few,
    _some,
    _many,
    _unequal,
    _at_the_edge,
    _by_hour,
    _segments,
    _surges,
    _power,
    _delay,
    _gradual,
    _interval,
    _true_mix,
    _ids_ignored,
    _season_pooled,
    _no_band,
)
