"""The drift gate: a betting e-detector on call means.

How it works in words: monitoring/README.md. The detector is the Shiryaev-Roberts sum of
Shin, Ramdas, Rinaldo, arXiv 2203.03532.
"""

import operator
from collections.abc import Sequence
from functools import cached_property, reduce

import numpy as np
from scipy.sparse import csr_array
from scipy.special import logsumexp
from scipy.stats import norm

from monitoring.bets import calls_to_detect, place_bets
from monitoring.calls import Calls
from monitoring.evidence import Evidence, Window, latest
from monitoring.finding import Finding, Shift, Verdict
from monitoring.mix import rates, true_mix, unmix
from monitoring.ranks import Array
from monitoring.reference import Reference
from monitoring.resolution import (
    calls_for_steady,
    check_ids,
    describe,
    simultaneous,
    smallest_shifts,
    tolerance,
)
from undertone.config import DriftParams
from undertone.errors import ModelError

DAYS = 30
LEAST_VARIANCE_SHARE = 0.25
CALLS_FOR_MIX = 30
TOLERATED = 1e-6


class DriftGate:
    """Compares windows of live predictions with a reference, and remembers.

    False alarms: at most `false_alarms_per_30_days` are expected while calls are independent and
    every channel's true mean stays inside its band, for any number of calls a window, any
    dependence inside a call and any schedule of windows.

    Args:
        reference: the champion's predictions when nothing is wrong.
        params: smallest shifts, false alarms allowed, nominal windows a day, power.
        signs: 1 to look for more of something, -1 for less.
    """

    def __init__(
        self, reference: Reference, params: DriftParams, *, signs: Sequence[int] = (1, -1)
    ) -> None:
        self.reference = reference
        self.params = params
        self._classes = len(reference.emotions)
        self.smallest = smallest_shifts(reference, params)
        self.band = tolerance(reference, self.smallest)
        self.bets = place_bets(reference, self.band, self.smallest, signs)
        self.threshold = DAYS * params.windows_per_day / params.false_alarms_per_30_days
        self.calls_for_steady = calls_for_steady(reference, self.smallest[0], params.power)
        self.calls_needed = [self._calls_needed(c) for c in range(len(self.band))]

    def none_yet(self) -> Evidence:
        """The evidence before the first window."""
        return Evidence.none(len(self.bets.channel))

    def no_calls(self) -> Window:
        """A window that nobody called in."""
        return self.window(Calls.of_means(np.empty((0, len(self.band)))))

    def window(self, calls: Calls) -> Window:
        """Calls in sums.

        Raises:
            ModelError: predictions name emotions that the reference does not know.
        """
        return self.windows(calls, csr_array(np.ones((1, len(calls)))))[0]

    def windows(self, calls: Calls, members: csr_array) -> list[Window]:
        """Each of G groups of N calls in sums; `members` [G, N] tells who belongs to which.

        Raises:
            ModelError: predictions name emotions that the reference does not know.
        """
        self._require_known(calls)
        return Window.of_groups(calls, members, self.reference, self.bets)

    def _require_known(self, calls: Calls) -> None:
        known = calls.means[:, : self._classes].sum(axis=1)
        if self._classes > 1 and (known < 1 - TOLERATED).any():
            raise ModelError(
                "Some predictions name emotions that the reference does not know. It knows "
                f"{', '.join(self.reference.emotions)} and is another model's: register and "
                "evaluate the champion again."
            )

    def judge(
        self, evidence: Evidence, window: Window, elapsed: float = 1.0
    ) -> tuple[Evidence, Finding]:
        """Judge one more window.

        Args:
            evidence: what the windows before it left.
            window: live predictions, summed up.
            elapsed: the window's length in nominal windows (24 hours / `windows_per_day`).

        Returns:
            The evidence to carry on (none after an alarm: it starts anew), and the finding.
        """
        if not window.calls:
            return evidence, self._finding(Verdict.NOT_ENOUGH, evidence, ())
        grown = self.grow(evidence, window, elapsed)
        if self.alarms(grown):
            return self.none_yet(), self._alarm(grown)
        return grown, self._quiet(grown)

    def grow(self, evidence: Evidence, window: Window, elapsed: float = 1.0) -> Evidence:
        """The evidence after one more window, whatever it says."""
        return evidence.after(window, elapsed, self._calls_kept)

    def alarms(self, evidence: Evidence) -> bool:
        """Whether the evidence has reached the threshold."""
        return bool(self._log_evidence(evidence) >= np.log(self.threshold))

    @cached_property
    def _calls_kept(self) -> float:
        needed = (self.calls_for_steady, *(calls for calls in self.calls_needed if calls))
        return 2 * max((calls for calls in needed if np.isfinite(calls)), default=1.0)

    def _log_evidence(self, evidence: Evidence) -> float:
        return float(logsumexp(evidence.log_sums + self.bets.log_weight))

    def _alarm(self, evidence: Evidence) -> Finding:
        """Name what moved since the leading bet began to win."""
        leading = int(np.argmax(evidence.log_sums + self.bets.log_weight))
        backwards = [window.log_wealth[leading] for window in reversed(evidence.windows)]
        used = evidence.windows[-1 - int(np.argmax(np.cumsum(backwards))) :]
        shifts = self._shifts(used, searched=len(evidence.windows))
        mix = any(shift.moved for shift in shifts[: self._classes])
        signals = any(shift.moved for shift in shifts[self._classes :])
        if not mix and not signals:
            signals = bool(self.bets.channel[leading] >= self._classes)
        verdict = (Verdict.BOTH if mix else Verdict.INPUT) if signals else Verdict.MIX
        return self._finding(verdict, evidence, used, shifts)

    def _quiet(self, evidence: Evidence) -> Finding:
        """Steady if every emotion is surely closer than δ, else not enough."""
        used = latest(evidence.windows, self.calls_for_steady)
        shifts = self._shifts(used)
        steady = all(shift.is_small for shift in shifts[: self._classes])
        verdict = Verdict.STEADY if steady else Verdict.NOT_ENOUGH
        return self._finding(verdict, evidence, used, shifts)

    def _shifts(self, used: Sequence[Window], searched: int = 1) -> tuple[Shift, ...]:
        """All channels with intervals that hold together, over all starts that were searched."""
        pooled = reduce(operator.add, used)
        error = self.reference.error
        variance = np.maximum(pooled.variance, LEAST_VARIANCE_SHARE * self.reference.variance)
        z = simultaneous(self._classes * searched)
        half_width = z * np.sqrt(variance / np.maximum(pooled.counts, 1) + error**2)
        expected = self._expected(pooled.mean)
        moved = np.abs(pooled.mean - expected) - half_width > self.band
        return tuple(
            Shift(
                channel=name,
                kind="emotion" if at < self._classes else "signal",
                reference=float(expected[at]),
                live=float(pooled.mean[at]),
                half_width=float(half_width[at]),
                moved=bool(moved[at]),
                smallest=float(self.smallest[at]),
                band=float(self.band[at]),
                calls_needed=self.calls_needed[at],
            )
            for at, name in enumerate(self.reference.channels)
            if pooled.counts[at]
        )

    def _expected(self, live: Array) -> Array:
        """The reference means; those of signals as the present mix of emotions explains them."""
        reference, classes = self.reference, self._classes
        if reference.confusion is None or reference.rank_by_emotion is None:
            return reference.mean
        shares = np.stack([live[:classes], reference.mean[:classes]])
        now, then = unmix(shares, rates(reference.confusion))
        explained = (now - then) @ reference.rank_by_emotion
        return np.concatenate([reference.mean[:classes], reference.mean[classes:] + explained])

    def _calls_needed(self, channel: int) -> int | None:
        """Calls until a shift of δ in the channel, up or down, raises the alarm."""
        z = float(norm.ppf(self.params.power))
        bets = np.flatnonzero(
            (self.bets.channel == channel) & (self.bets.target == self.smallest[channel])
        )
        counts = [
            calls_to_detect(self.bets, int(bet), self.reference, np.log(self.threshold), z)
            for bet in bets
        ]
        most = max(counts, default=np.inf)
        return int(most) if np.isfinite(most) else None

    def _finding(
        self,
        verdict: Verdict,
        evidence: Evidence,
        used: Sequence[Window],
        shifts: tuple[Shift, ...] = (),
    ) -> Finding:
        calls = sum(window.calls for window in used)
        steady = self.calls_for_steady
        mix, withheld = self._true_mix(verdict, used)
        return Finding(
            verdict=verdict,
            evidence=float(np.exp(min(self._log_evidence(evidence), 700.0))),
            threshold=self.threshold,
            shifts=shifts,
            calls_used=calls,
            windows_used=len(used),
            calls_missing=max(int(steady) - calls, 0) if np.isfinite(steady) else None,
            reference_note=describe(self.reference, self.smallest, self.band, steady),
            ids_note=check_ids(self.reference, evidence.windows),
            promise=self._promise(),
            true_mix=mix,
            true_mix_note=withheld,
        )

    def _true_mix(
        self, verdict: Verdict, used: Sequence[Window]
    ) -> tuple[dict[str, tuple[float, float, float]], str]:
        """True shares with intervals, or why they are withheld."""
        if verdict >= Verdict.INPUT:
            return (
                {},
                "Withheld: the input changed, so the confusions known from test may not hold.",
            )
        if self.reference.confusion is None:
            return {}, "Withheld: the reference has no true emotions."
        if sum(window.calls for window in used) < CALLS_FOR_MIX:
            return {}, f"Withheld: fewer than {CALLS_FOR_MIX} calls."
        pooled, classes = reduce(operator.add, used), self._classes
        shares, variance = pooled.mean[:classes], pooled.variance[:classes]
        alike = variance.sum() / max((shares * (1 - shares)).sum(), TOLERATED)
        independent = pooled.calls / alike if alike else pooled.calls
        mix = true_mix(shares, max(int(independent), 1), self.reference.confusion)
        rows = zip(mix.share.tolist(), mix.low.tolist(), mix.high.tolist(), strict=True)
        return dict(zip(self.reference.emotions, rows, strict=True)), ""

    def _promise(self) -> str:
        allowed = self.params.false_alarms_per_30_days
        shift, band = 100 * self.smallest[0], 100 * self.band[: self._classes].max()
        needed = [calls for calls in self.calls_needed[: self._classes] if calls]
        power = (
            f"a shift of {shift:.0f} points raises the alarm within {min(needed)} to {max(needed)} "
            f"calls, by emotion, with {100 * self.params.power:.0f} % power"
            if needed
            else f"shifts of {shift:.0f} points cannot be told from the reference's own error"
        )
        return (
            f"At most {allowed:g} false alarms expected in {DAYS} days, if calls are independent; "
            f"{power}; differences up to {band:.1f} points are never drift."
        )
