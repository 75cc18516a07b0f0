"""Bets against "every mean is inside its tolerance band", and what they need to win.

A bet pays 1 + λ(X - b) for a call mean X. Inside the band its expectation is at most 1, so wealth
is evidence: Shin, Ramdas, Rinaldo, "E-detectors: a nonparametric framework for sequential change
detection", arXiv 2203.03532.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitoring.calls import Calls
from monitoring.ranks import Array
from monitoring.reference import Reference

MULTIPLES = (1, 2, 4)
BOLDEST = 0.75
WIDEST_BAND = 0.75
LARGEST_MEAN = 0.98
INNERMOST = 1e-3
LEAST_GAIN = -0.999


@dataclass(frozen=True)
class Bets:
    """B bets, each on one channel, one direction and one size of shift.

    Attributes:
        channel: index of the channel [B].
        sign: +1 bets on more, -1 on less [B].
        target: the shift it is made for [B].
        edge: b, the end of the tolerance band that it starts from, by hour of the day [H, B]; H is
            1 where the reference knows no hours.
        stake: λ, signed, by hour of the day [H, B].
        log_weight: log of its share of the starting wealth [B]; half is on emotions.
    """

    channel: npt.NDArray[np.intp]
    sign: npt.NDArray[np.int64]
    target: Array
    edge: Array
    stake: Array
    log_weight: Array

    def log_wealth(self, calls: Calls) -> Array:
        """Log of the wealth that each bet of 1 becomes over each of N calls [N, B]."""
        hour = calls.hour_of_day % len(self.edge)
        gain = self.stake[hour] * (calls.means[:, self.channel] - self.edge[hour])
        return np.asarray(np.log1p(np.nan_to_num(gain, nan=0.0)))


def place_bets(
    reference: Reference, band: Array, smallest: Array, signs: Sequence[int] = (1, -1)
) -> Bets:
    """All bets that a reference allows.

    A target of which the band takes three quarters, or that would leave [0, 1], gets no bet.

    Args:
        reference: means and variances.
        band: half-width t of the tolerance band [C].
        smallest: δ, the smallest shift worth acting on [C].
        signs: 1 to bet on more, -1 to bet on less.
    """
    table = np.array(
        [
            (channel, sign, multiple * smallest[channel])
            for channel in range(len(band))
            for multiple in MULTIPLES
            for sign in signs
            if band[channel] < WIDEST_BAND * multiple * smallest[channel]
            and 0 <= reference.mean[channel] + sign * multiple * smallest[channel] <= LARGEST_MEAN
        ]
    ).reshape(-1, 3)
    channel, sign, target = table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2]
    mean, variance = reference.mean[channel], reference.variance[channel]
    usual = mean + reference.season[:, channel]
    edge = np.clip(usual + sign * band[channel], INNERMOST, 1 - INNERMOST)
    spread = np.maximum(mean * (1 - mean), 1e-6)
    variance_at_edge = variance * edge * (1 - edge) / spread
    worst_loss = np.where(sign > 0, edge, 1 - edge)
    stake = np.minimum((target - band[channel]) / variance_at_edge, BOLDEST / worst_loss)
    weight = _weights(channel < len(reference.emotions))
    return Bets(channel, sign, target, edge, sign * stake, np.log(weight))


def calls_to_detect(
    bets: Bets, bet: int, reference: Reference, threshold: float, z: float
) -> float:
    """Calls until a shift of the bet's own target raises the alarm.

    The log wealth on the reference, tilted to the target, is taken as a random walk.

    Args:
        bets: the bets.
        bet: which of them.
        reference: what is tilted.
        threshold: log of the wealth that raises the alarm.
        z: normal quantile of the wanted power.

    Returns:
        Number of calls; infinite where the bet does not grow.
    """
    edge, stake = bets.edge[:, bet].mean(), bets.stake[:, bet].mean()
    calls = reference.calls[:, bets.channel[bet]]
    slope = bets.sign[bet] * bets.target[bet] / reference.variance[bets.channel[bet]]
    weight = np.maximum(1 + slope * (calls - calls.mean()), 0)
    weight /= weight.sum()
    gain = np.log1p(np.maximum(stake * (calls - edge), LEAST_GAIN))
    drift = float(weight @ gain)
    if drift <= 0:
        return float("inf")
    deviation = z * float(np.sqrt(weight @ (gain - drift) ** 2))
    climb = threshold - bets.log_weight[bet]
    root = (deviation + np.sqrt(deviation**2 + 4 * drift * climb)) / (2 * drift)
    return float(np.ceil(root**2))


def _weights(is_emotion: npt.NDArray[np.bool_]) -> Array:
    """Half of the wealth on emotions, half on signals; all on the ones there are."""
    emotions, signals = is_emotion.sum(), (~is_emotion).sum()
    halves = max(int(emotions > 0) + int(signals > 0), 1)
    return np.asarray(np.where(is_emotion, 1 / max(emotions, 1), 1 / max(signals, 1)) / halves)
