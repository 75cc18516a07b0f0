import numpy as np
import pytest

from undertone.evaluation.selective import area_under_risk, risk_coverage

SURE = np.array([0.9, 0.6, 0.8, 0.7])


def test_the_surest_are_answered_first() -> None:
    coverage, risks = risk_coverage(SURE, np.array([True, False, True, False]))
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risks == pytest.approx([0, 0, 1 / 3, 1 / 2])


@pytest.mark.parametrize(
    ("correct", "area"),
    [([1, 1, 1, 1], 0), ([0, 0, 0, 0], 1), ([1, 0, 1, 0], 5 / 24), ([0, 1, 0, 1], 19 / 24)],
)
def test_the_area_is_small_where_the_wrong_are_unsure(correct: list[int], area: float) -> None:
    assert area_under_risk(SURE, np.array(correct, bool)) == pytest.approx(area)


def test_confidence_that_says_nothing_has_the_error_rate() -> None:
    generator = np.random.default_rng(0)
    correct = generator.random(20_000) < 0.7
    assert area_under_risk(generator.random(20_000), correct) == pytest.approx(0.3, abs=0.02)
