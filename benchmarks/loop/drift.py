"""False alarms and delay of the drift gate beside Evidently's PSI of 0.1 and river's detectors.

Calls have five clips that are alike (intraclass correlation 0.3), there is a window an hour, and
every trial draws its own reference of 1,000 calls. Emotions shift by 10 points toward anger.
Embeddings (16 dimensions, a voice a call) move by half a standard deviation in one direction, as a
new microphone makes them; all detectors see their distance from the reference's mean.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np
import pandas as pd
from rich.progress import track
from river.drift import ADWIN, KSWIN, PageHinkley

from benchmarks.loop.found import Found
from monitoring.calls import Calls
from monitoring.gate import DriftGate
from monitoring.ranks import Array
from monitoring.reference import Reference
from monitoring.simulation import HOURS, Traffic, count_alarms, windows_to_alarm
from undertone import telemetry
from undertone.config import DriftParams

USUAL = Traffic((0.42, 0.16, 0.12, 0.10, 0.06, 0.05, 0.09))
ANGRIER = USUAL.shifted(0.10, emotion=3)
REFERENCE_CALLS = 1000
PSI = 0.1
PATIENCE = 300
DIMENSIONS = 16
LIKENESS = 0.3
MOVED = 0.5
RIVER: dict[str, Callable[[], Any]] = {
    "river ADWIN": ADWIN,
    "river KSWIN": lambda: KSWIN(seed=17),
    "river Page-Hinkley": PageHinkley,
}


class Detector(Protocol):
    """Something that watches windows one after the other."""

    def alarms(self, windows: Iterable[Any]) -> int: ...

    def delay(self, windows: Iterable[Any]) -> int | None: ...


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=int, nargs="+", default=[50, 100, 500])
    parser.add_argument("--days", type=float, default=10.0)
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--seed", type=int, default=17)


def measure(options: argparse.Namespace) -> Found:
    head = ["what is watched", "clips an hour", "method", "false alarms in 30 days", "delay, hours"]
    table = [head]
    for watched, trial in (("emotions", emotions), ("embeddings", embeddings)):
        for clips in options.clips:
            rng = np.random.default_rng(options.seed)
            told = track(range(options.trials), f"{watched}, {clips} clips")
            trials = [trial(clips // USUAL.clips, options.days, rng) for _ in told]
            for method in trials[0]:
                alarms, delays = zip(*(one[method] for one in trials), strict=True)
                found = f"{np.mean(alarms):.1f}", f"{np.median(delays):.0f}"
                table.append([watched, str(clips), method, *found])
                print(*table[-1], flush=True)
    return Found(table)


def emotions(calls: int, days: float, rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    reference = USUAL.frame(REFERENCE_CALLS, rng)
    quiet = [USUAL.counts(calls, rng) for _ in range(int(HOURS * days))]
    moved = [ANGRIER.counts(calls, rng) for _ in range(PATIENCE)]
    gate = Gate(Reference.from_frame(reference), lambda counts: counts / USUAL.clips)
    return judged({"the gate": gate, "Evidently psi": Psi(reference)}, quiet, moved, days)


def embeddings(calls: int, days: float, rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    known = distances(REFERENCE_CALLS, rng)
    frame = pd.DataFrame({"ood_score": known.ravel(), "emotion": "neutral", "p_neutral": 1.0})
    frame["call_id"] = np.repeat(np.arange(len(known)), USUAL.clips)
    reference = Reference.from_frame(frame)
    rank = reference.ranks["ood_score"]

    def means(window: Array) -> Array:
        ranks = rank(window.ravel()).reshape(window.shape).mean(axis=1)
        return np.column_stack([np.ones(len(window)), ranks])

    detectors: dict[str, Detector] = {"the gate": Gate(reference, means)}
    detectors |= {name: River(make) for name, make in RIVER.items()}
    quiet = [distances(calls, rng) for _ in range(int(HOURS * days))]
    moved = [distances(calls, rng, MOVED) for _ in range(PATIENCE)]
    return judged(detectors, quiet, moved, days)


def judged(
    detectors: dict[str, Detector], quiet: list[Any], moved: list[Any], days: float
) -> dict[str, tuple[float, float]]:
    """Alarms in 30 days, and windows until the shift is seen."""
    return {
        name: (detector.alarms(quiet) * 30 / days, detector.delay(moved) or float("inf"))
        for name, detector in detectors.items()
    }


def distances(calls: int, rng: np.random.Generator, moved: float = 0.0) -> Array:
    """Of the embeddings of each call's clips from the reference's mean [calls, clips]."""
    voices = np.sqrt(LIKENESS) * rng.normal(size=(calls, 1, DIMENSIONS))
    clips = np.sqrt(1 - LIKENESS) * rng.normal(size=(calls, USUAL.clips, DIMENSIONS))
    points = voices + clips
    points[..., 0] += moved * np.sqrt(DIMENSIONS)
    return np.asarray(np.linalg.norm(points, axis=-1))


class Gate:
    """Ours, on windows that `means` turns into call means."""

    def __init__(self, reference: Reference, means: Callable[[Array], Array]) -> None:
        self._gate = DriftGate(reference, DriftParams())
        self._means = means

    def alarms(self, windows: Iterable[Any]) -> int:
        return count_alarms(self._gate, self._calls(windows))

    def delay(self, windows: Iterable[Any]) -> int | None:
        return windows_to_alarm(self._gate, self._calls(windows))

    def _calls(self, windows: Iterable[Any]) -> Iterator[Calls]:
        return (Calls.of_means(self._means(window)) for window in windows)


class Psi:
    """Evidently's own PSI on the emotions of one window after another."""

    def __init__(self, reference: pd.DataFrame) -> None:
        telemetry.switch_off()
        from evidently.legacy.calculations.stattests import psi_stat_test
        from evidently.legacy.core import ColumnType

        self._known = reference["emotion"]
        self._names = np.array([name[2:] for name in reference if name.startswith("p_")])
        self._test = psi_stat_test.func
        self._kind = ColumnType.Categorical

    def alarms(self, windows: Iterable[Any]) -> int:
        return sum(map(self._fires, windows))

    def delay(self, windows: Iterable[Any]) -> int | None:
        return next((n for n, counts in enumerate(windows, 1) if self._fires(counts)), None)

    def _fires(self, counts: Array) -> bool:
        seen = pd.Series(np.repeat(self._names, counts.sum(axis=0).astype(int)))
        return bool(self._test(self._known, seen, self._kind, PSI)[1])


class River:
    """A detector of river's with its own settings, clip by clip; it has seen a quiet day before."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def alarms(self, windows: Iterable[Any]) -> int:
        detector = self._make()
        return sum(self._see(detector, window) for window in windows)

    def delay(self, windows: Iterable[Any]) -> int | None:
        detector, rng = self._make(), np.random.default_rng(17)
        moved = list(windows)
        for _ in range(HOURS):
            self._see(detector, distances(len(moved[0]), rng))
        return next((n for n, window in enumerate(moved, 1) if self._see(detector, window)), None)

    def _see(self, detector: Any, window: Array) -> int:
        alarms = 0
        for value in window.ravel():
            detector.update(float(value))
            alarms += detector.drift_detected
        return alarms
