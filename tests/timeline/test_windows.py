import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from undertone.speech.encoder import pool
from undertone.timeline.windows import Moments

LAYERS, SIZE = 3, 4


def states(count: int, seed: int = 0) -> torch.Tensor:
    return 5 + torch.randn(LAYERS, count, SIZE, generator=torch.Generator().manual_seed(seed))


def pooled(part: torch.Tensor) -> torch.Tensor:
    return pool(part[None], torch.tensor([2 * part.shape[1]]))[0]


@settings(max_examples=40, deadline=None)
@given(count=st.integers(20, 300), reach=st.integers(0, 6), seed=st.integers(0, 99))
def test_each_window_is_what_pooling_its_states_gives(count: int, reach: int, seed: int) -> None:
    heard = states(count, seed)
    moments = Moments(count * 0.02, hop=0.2)
    moments.add(heard)
    windows = moments.windows((2 * reach + 1) * 0.2)
    assert len(windows.steps) >= moments.steps - 1
    for step, statistics in zip(windows.steps, windows.statistics, strict=True):
        first, last = max(0, 10 * (step - reach)), 10 * (step + reach + 1)
        assert_close(statistics, pooled(heard[:, first:last]), rtol=1e-4, atol=1e-4)


def test_stretches_are_put_where_they_start_and_silence_has_no_window() -> None:
    first, second = states(50), states(50, seed=1)
    moments = Moments(6.0, hop=0.25)
    moments.add(first, 0.0)
    moments.add(second, 5.0)
    windows = moments.windows(0.75)
    assert set(np.flatnonzero(np.diff(windows.steps) > 1)) == {4}
    assert windows.steps[-1] == 23
    assert_close(moments.windows(99.0).statistics[0], pooled(torch.cat([first, second], 1)))


def test_a_clip_shorter_than_a_step_still_has_its_window() -> None:
    moments = Moments(0.1, hop=0.25)
    moments.add(states(5))
    assert moments.windows(1.75).steps.tolist() == [0]


def test_weights_count_like_repeated_states() -> None:
    heard = states(40)
    weighted, repeated = Moments(0.8, hop=0.8), Moments(0.8, hop=0.8)
    weighted.add(heard, weights=torch.tensor([2.0, 1.0] * 20))
    repeated.add(heard)
    repeated.add(heard[:, ::2])
    assert_close(weighted.windows(0.8).statistics, repeated.windows(0.8).statistics)


def test_nothing_heard_has_no_windows() -> None:
    assert len(Moments(1.0, hop=0.25).windows(1.75).steps) == 0
