from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undertone.timeline.smoothing import smooth


def shares(steps: int, classes: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(classes), size=steps)


def value(path, table, cost: float) -> float:
    gained = np.log(table[np.arange(len(path)), list(path)]).sum()
    return float(gained - cost * np.count_nonzero(np.diff(path)))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(1, 3), st.floats(0, 5), st.integers(0, 999))
def test_no_other_path_is_likelier(steps: int, classes: int, cost: float, seed: int) -> None:
    table = shares(steps, classes, seed)
    best = max(value(path, table, cost) for path in product(range(classes), repeat=steps))
    assert value(smooth(table, cost), table, cost) == pytest.approx(best)


def test_no_cost_is_the_likeliest_of_each_step_and_endless_cost_one_for_all() -> None:
    table = shares(30, 4, 1)
    assert (smooth(table, 0.0) == table.argmax(1)).all()
    assert (smooth(table, float("inf")) == np.log(table).sum(0).argmax()).all()


def test_a_lone_outlier_is_smoothed_away_and_a_lasting_change_is_kept() -> None:
    table = np.full((20, 2), (0.9, 0.1))
    table[5] = (0.2, 0.8)
    table[12:] = (0.1, 0.9)
    assert smooth(table, 3.0).tolist() == [0] * 12 + [1] * 8
