"""What the drift gate carries from window to window, and its passage through JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from monitoring.bets import Bets
from monitoring.calls import Calls
from monitoring.ranks import Array
from monitoring.reference import Reference

MOST_WINDOWS = 64
LEAST_WINDOWS = 20


@dataclass(frozen=True)
class Window:
    """One window in sums: enough for means, variances and the bets' wealth.

    Attributes:
        calls: how many calls it had.
        counts: calls that had the channel [C].
        sums: of the call means, the season taken out [C].
        squares: of the same squared [C].
        log_wealth: what the bets made of it [B].
    """

    calls: int
    counts: Array
    sums: Array
    squares: Array
    log_wealth: Array

    @classmethod
    def of_groups(
        cls, calls: Calls, members: csr_array, reference: Reference, bets: Bets
    ) -> list["Window"]:
        """Sum up each of G groups of N calls.

        Args:
            calls: the calls.
            members: which of them belong to each group [G, N].
            reference: what they are compared with.
            bets: what is bet on them.
        """
        means = reference.without_season(calls)
        there, known = ~np.isnan(means), np.nan_to_num(means, nan=0.0)
        columns = (there, known, known**2, bets.log_wealth(calls))
        sizes = members.sum(axis=1).astype(int).tolist()
        parts = (members @ column for column in columns)
        return [cls(*sums) for sums in zip(sizes, *parts, strict=True)]

    def __add__(self, other: "Window") -> "Window":
        mine, theirs = vars(self), vars(other)
        return Window(**{name: mine[name] + theirs[name] for name in mine})

    @property
    def mean(self) -> Array:
        """Mean of each channel [C], NaN where no call had it."""
        there = self.counts > 0
        return np.where(there, self.sums / np.where(there, self.counts, 1), np.nan)

    @property
    def variance(self) -> Array:
        """Variance of each channel between calls [C]."""
        return np.maximum(self.squares / np.maximum(self.counts, 1) - self.mean**2, 0)


@dataclass(frozen=True)
class Evidence:
    """The Shiryaev-Roberts sums (as logs, one a bet) and the windows that the gate may still need.

    Both are empty before the first window and after an alarm.
    """

    log_sums: Array
    windows: tuple[Window, ...]

    @classmethod
    def none(cls, bets: int) -> "Evidence":
        """The evidence before any window."""
        return cls(np.full(bets, -np.inf), ())

    def after(self, window: Window, elapsed: float, calls_kept: float) -> "Evidence":
        """The evidence with one more window.

        Args:
            window: the new window.
            elapsed: its length, 1 for the nominal one. New wealth comes in by time, so expected
                false alarms are bounded per day, however the days are cut.
            calls_kept: windows beyond so many calls are dropped, except the newest
                `LEAST_WINDOWS`, on which the call ids are checked.
        """
        log_sums = window.log_wealth + np.logaddexp(self.log_sums, np.log(max(elapsed, 1e-9)))
        windows = _halved((*self.windows, window))
        count = max(LEAST_WINDOWS, len(latest(windows, calls_kept)))
        return Evidence(log_sums, windows[-count:])

    def as_json(self) -> dict[str, Any]:
        """In JSON's types. Empty evidence has no sums."""
        started = bool(self.windows)
        return {
            "log_sums": self.log_sums.tolist() if started else [],
            "windows": [
                {name: np.asarray(value).tolist() for name, value in vars(window).items()}
                for window in self.windows
            ],
        }

    @classmethod
    def from_json(cls, values: dict[str, Any], bets: int) -> "Evidence":
        """The evidence that `as_json` gave."""
        if not values.get("windows"):
            return cls.none(bets)
        names = [part.name for part in fields(Window) if part.name != "calls"]
        windows = tuple(
            Window(calls=row["calls"], **{name: np.array(row[name]) for name in names})
            for row in values["windows"]
        )
        return cls(np.array(values["log_sums"]), windows)


def latest(windows: Sequence[Window], calls: float) -> tuple[Window, ...]:
    """The fewest windows from the end that hold so many calls, or all."""
    held = np.cumsum([window.calls for window in reversed(windows)])
    count = int(np.searchsorted(held, calls)) + 1
    return tuple(windows[-count:])


def _halved(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """Neighbours joined two by two, the newest left alone, once there are too many."""
    if len(windows) <= MOST_WINDOWS:
        return windows
    old, newest = windows[:-1], windows[-1]
    pairs = [old[at] + old[at + 1] for at in range(len(old) % 2, len(old), 2)]
    return (*old[: len(old) % 2], *pairs, newest)
