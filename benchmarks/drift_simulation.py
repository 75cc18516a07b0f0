"""False alarms and delay of the drift gate beside Evidently's PSI of 0.1.

    python benchmarks/drift_simulation.py --clips 50 100 500 --days 30 --trials 3

Calls have five clips whose moods are alike (intraclass correlation 0.3). Every trial draws its own
reference of 1,000 calls. Alarms are counted over traffic like the reference's; delays are medians
in windows until a shift of 10 points toward one emotion is seen.
"""

import argparse
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from monitoring.gate import DriftGate
from monitoring.reference import Array, Reference
from monitoring.simulation import Traffic, count_alarms, windows_to_alarm
from undertone import telemetry
from undertone.config import DriftParams

USUAL = Traffic((0.42, 0.16, 0.12, 0.10, 0.06, 0.05, 0.09))
ANGRIER = USUAL.shifted(0.10, emotion=3)
PSI = 0.1
PATIENCE = 300


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

    def fires(self, calls: Array) -> bool:
        counts = np.round(calls.sum(axis=0) * USUAL.clips).astype(int)
        seen = pd.Series(np.repeat(self._names, counts))
        return bool(self._test(self._known, seen, self._kind, PSI)[1])

    def windows_to_alarm(self, windows: Iterator[Array]) -> int | None:
        return next((n for n, calls in enumerate(windows, 1) if self.fires(calls)), None)


def windows(traffic: Traffic, calls: int, rng: np.random.Generator) -> Iterator[Array]:
    while True:
        yield traffic.call_means(calls, rng)


def trial(clips: int, days: float, rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Alarms in 30 days and windows until the shift is seen, of both methods."""
    reference = USUAL.frame(1000, rng)
    gate, psi = DriftGate(Reference.from_frame(reference), DriftParams()), Psi(reference)
    calls, month = clips // USUAL.clips, int(24 * days)
    quiet = list(islice(windows(USUAL, calls, rng), month))
    moved = list(islice(windows(ANGRIER, calls, rng), PATIENCE))
    return {
        "gate": (count_alarms(gate, quiet) * 30 / days, _or_never(windows_to_alarm(gate, moved))),
        "Evidently psi": (
            sum(map(psi.fires, quiet)) * 30 / days,
            _or_never(psi.windows_to_alarm(iter(moved))),
        ),
    }


def _or_never(count: int | None) -> float:
    return float("inf") if count is None else count


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--clips", type=int, nargs="+", default=[50, 100, 500])
    options.add_argument("--days", type=float, default=5.0)
    options.add_argument("--trials", type=int, default=2)
    options.add_argument("--seed", type=int, default=17)
    chosen = options.parse_args()
    table = Table("clips a window", "method", "false alarms in 30 days", "delay, windows")
    for clips in chosen.clips:
        rng = np.random.default_rng(chosen.seed)
        trials = [trial(clips, chosen.days, rng) for _ in range(chosen.trials)]
        for method in trials[0]:
            alarms, delays = zip(*(one[method] for one in trials), strict=True)
            table.add_row(str(clips), method, f"{np.mean(alarms):.1f}", f"{np.median(delays):.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
