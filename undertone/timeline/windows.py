"""Statistics of any window of encoder states, from sums over time."""

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from undertone.speech.encoder import SMALLEST_VARIANCE

STATE_SECONDS = 0.02
FEWEST_STATES = 10  # in a window, or there is nothing to judge
ROUNDING = 1e-6


@dataclass(frozen=True)
class Windows:
    """Windows in which something was heard.

    Attributes:
        steps: the step of time that each is centred on [W].
        statistics: mean and deviation of each layer's states [W, L + 1, 2·D], as
            `undertone.speech.encoder.pool` gives them.
    """

    steps: npt.NDArray[np.intp]
    statistics: Tensor


class Moments:
    """Sums of encoder states and of their squares in each step of time.

    Their running totals give the statistics of every window of steps by two look-ups, whatever
    its length, so that overlapping windows cost no second pass.

    Args:
        seconds: how long the recording is.
        hop: length of a step in seconds.
    """

    def __init__(self, seconds: float, hop: float) -> None:
        self.hop = hop
        self.seconds = seconds
        self.steps = max(1, ceil(seconds / hop - ROUNDING))
        self._counts, self._weights = torch.zeros(2, self.steps, dtype=torch.float64)
        self._sums: tuple[Tensor, Tensor] | None = None

    def add(self, states: Tensor, start: float = 0.0, weights: Tensor | None = None) -> None:
        """Take in the states of a stretch of the recording.

        Args:
            states: [L + 1, T, D], one each 20 ms, padding left out.
            start: of the stretch, in seconds.
            weights: what each state counts [T]; 1 without it.
        """
        states = states.detach().double().cpu().transpose(0, 1)
        ones = torch.ones(len(states), dtype=torch.float64)
        weight = ones if weights is None else weights.detach().double().cpu()
        times = start + STATE_SECONDS * (torch.arange(len(states)) + 0.5)
        steps = (times / self.hop).long().clamp(0, self.steps - 1)
        if self._sums is None:
            empty = torch.zeros(self.steps, *states.shape[1:], dtype=torch.float64)
            self._sums = empty, empty.clone()
        weighted = states * weight[:, None, None]
        self._counts.index_add_(0, steps, ones)
        self._weights.index_add_(0, steps, weight)
        self._sums[0].index_add_(0, steps, weighted)
        self._sums[1].index_add_(0, steps, weighted * states)

    def windows(self, seconds: float) -> Windows:
        """The windows around every step, cut at the recording's edges.

        Args:
            seconds: their length, rounded to an odd number of steps.
        """
        if self._sums is None:
            return Windows(np.empty(0, np.intp), torch.empty(0))
        middles = torch.arange(self.steps)
        reach = max(0, round((seconds / self.hop - 1) / 2))
        first, last = (middles - reach).clamp_min(0), (middles + reach + 1).clamp_max(self.steps)
        count, weight, total, squares = (
            _between(values, first, last) for values in (self._counts, self._weights, *self._sums)
        )
        heard = count >= min(FEWEST_STATES, float(self._counts.sum()))
        share = weight[heard, None, None]
        mean = total[heard] / share
        variance = (squares[heard] / share - mean.square()).clamp_min(SMALLEST_VARIANCE)
        statistics = torch.cat([mean, variance.sqrt()], dim=-1).float()
        return Windows(np.flatnonzero(heard.numpy()), statistics)


def _between(values: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """Sums of `values` [S, …] from `first` [W] up to, but without, `last` [W]."""
    running = torch.cat([torch.zeros_like(values[:1]), values.cumsum(0)])
    return running[last] - running[first]
