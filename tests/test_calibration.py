import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undertone.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability_bins,
    shrink_temperature,
    softmax,
)


def calibrated(seed: int, count: int = 4000, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Logits and labels that were drawn from those very logits."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (count, classes))
    chosen = softmax(logits).cumsum(axis=1) < generator.random((count, 1))
    return logits, chosen.sum(axis=1)


def test_softmax_survives_large_logits() -> None:
    assert softmax([[1000.0, 0.0]]) == pytest.approx(np.array([[1.0, 0.0]]))


def test_temperature_is_one_for_calibrated_logits() -> None:
    logits, labels = calibrated(0)
    assert fit_temperature(logits, labels) == pytest.approx(1.0, abs=0.06)


@given(scale=st.floats(0.2, 5.0))
@settings(max_examples=20, deadline=None)
def test_temperature_undoes_a_scale(scale: float) -> None:
    logits, labels = calibrated(1)
    expected = scale * fit_temperature(logits, labels)
    assert fit_temperature(logits * scale, labels) == pytest.approx(expected, rel=1e-3)


def test_temperature_stays_within_bounds_when_all_is_right_or_wrong() -> None:
    logits = np.eye(4)
    assert fit_temperature(logits, np.arange(4)) == pytest.approx(0.05, rel=1e-3)
    assert fit_temperature(logits, np.arange(4)[::-1]) == pytest.approx(20, rel=1e-3)


def test_temperature_of_nothing_is_one() -> None:
    assert fit_temperature(np.empty((0, 3)), np.empty(0)) == 1.0


def test_scaling_lowers_the_error_of_overconfident_logits() -> None:
    logits, labels = calibrated(2)
    loud = logits * 4
    before = expected_calibration_error(softmax(loud), labels)
    after = expected_calibration_error(softmax(loud, fit_temperature(loud, labels)), labels)
    assert before > 0.1
    assert after < 0.03


@given(seed=st.integers(0, 999), count=st.integers(1, 60), classes=st.integers(2, 9))
@settings(max_examples=60, deadline=None)
def test_error_lies_between_zero_and_one(seed: int, count: int, classes: int) -> None:
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.full(classes, 0.3), count)
    labels = generator.integers(0, classes, count)
    assert 0 <= expected_calibration_error(probabilities, labels) <= 1


def test_error_of_known_cases() -> None:
    sure = np.array([[1.0, 0.0]] * 4)
    assert expected_calibration_error(sure, [0, 0, 0, 0]) == 0
    assert expected_calibration_error(sure, [0, 0, 0, 1]) == pytest.approx(0.25)
    assert expected_calibration_error(sure, [1, 1, 1, 1]) == 1
    assert np.isnan(expected_calibration_error(np.empty((0, 2)), []))


def test_bins_hold_every_utterance_once() -> None:
    logits, labels = calibrated(3, count=500)
    bins = reliability_bins(softmax(logits), labels)
    assert sum(part.count for part in bins) == 500
    assert all(part.lower < part.confidence <= part.upper for part in bins if part.count)


def test_error_does_not_change_when_classes_are_renamed() -> None:
    logits, labels = calibrated(4, count=400)
    order = np.array([3, 0, 4, 1, 2])
    renamed = np.argsort(order)[labels]
    first = expected_calibration_error(softmax(logits), labels)
    assert expected_calibration_error(softmax(logits[:, order]), renamed) == pytest.approx(first)


def test_few_speakers_move_the_temperature_less() -> None:
    by_few, by_many = (shrink_temperature(0.5, speakers) for speakers in (1, 200))
    assert 0.5 < by_many < by_few < 1
    assert by_many == pytest.approx(0.5, abs=0.01)
    assert shrink_temperature(0.5, 0) == 1
