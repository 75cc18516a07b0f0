import numpy as np
import pytest

from undertone.abstention import MARGIN, Abstention, fit_abstention


def test_bounds_come_from_held_out_speech() -> None:
    confidences, novelty = np.linspace(0, 1, 101), np.linspace(0, 2, 101)
    bounds = fit_abstention(confidences, novelty, coverage=0.9)
    assert bounds.confidence_floor == pytest.approx(0.1)
    assert bounds.novelty_limit == pytest.approx(MARGIN * 1.98)


def test_recordings_that_are_not_there_set_no_limit() -> None:
    bounds = fit_abstention(np.ones(3), np.full(3, np.nan), coverage=0.9)
    assert bounds.novelty_limit is None
    assert bounds.score(5.0) is None


@pytest.mark.parametrize(
    ("confidence", "novelty", "speech", "reason"),
    [
        (0.9, 1.0, True, None),
        (0.9, None, True, None),
        (0.9, float("nan"), True, None),
        (0.2, 1.0, True, "too unsure"),
        (0.9, 4.0, True, "unlike the training speech"),
        (0.2, 4.0, True, "unlike the training speech"),
        (0.9, 1.0, False, "no speech"),
    ],
)
def test_reasons_not_to_answer(
    confidence: float, novelty: float | None, speech: bool, reason: str | None
) -> None:
    bounds = Abstention(novelty_limit=4.0, confidence_floor=0.3)
    assert bounds.reason(confidence, bounds.score(novelty), speech=speech) == reason
