import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from undertone.dimensions import NAMES, RATINGS, concordance, derive, dimensions_of, moments
from undertone.labels import EMOTIONS

SERIES = arrays(np.float64, 12, elements=st.floats(-1, 1))


def ccc(truth, guess) -> float:
    return float(concordance(moments(truth, guess).sum(axis=0)))


def test_every_emotion_has_a_rated_term_on_the_scales() -> None:
    assert set(RATINGS) == set(EMOTIONS)
    assert all(-1 <= value <= 1 for rated in RATINGS.values() for value in rated[1:])
    assert all(rated.term for emotion, rated in RATINGS.items() if emotion != "neutral")


def test_a_sure_class_has_its_own_ratings_and_a_mixed_one_their_mean() -> None:
    sure = derive({"happiness": 1.0, "neutral": 0.0})
    assert (sure.valence, sure.arousal, sure.dominance) == pytest.approx((0.81, 0.51, 0.46))
    mixed = derive({"happiness": 0.5, "sadness": 0.5})
    assert mixed.valence == pytest.approx((0.81 - 0.63) / 2)
    assert mixed.source == "derived"


def test_anger_and_fear_differ_in_dominance_alone_in_sign() -> None:
    anger, fear = derive({"anger": 1.0}), derive({"fear": 1.0})
    assert anger.valence * fear.valence > 0
    assert anger.arousal * fear.arousal > 0
    assert anger.dominance > 0 > fear.dominance


def test_what_rounding_left_outside_is_brought_in_and_sources_are_known() -> None:
    assert dimensions_of([1.0000001, -1.0000001, 0.5], source="trained").valence == 1.0
    with pytest.raises(ValidationError):
        dimensions_of([0, 0, 0], source="guessed")


@given(SERIES, SERIES)
def test_concordance_is_symmetric_bounded_and_below_correlation(x, y) -> None:
    value = ccc(x, y)
    assert -1 - 1e-9 <= value <= 1 + 1e-9
    assert value == pytest.approx(ccc(y, x), abs=1e-9)
    if x.std() > 1e-3 and y.std() > 1e-3:
        assert abs(value) <= abs(np.corrcoef(x, y)[0, 1]) + 1e-6


def test_concordance_punishes_an_offset_that_correlation_forgives() -> None:
    x = np.linspace(-1, 1, 20)
    assert ccc(x, x) == pytest.approx(1)
    assert ccc(x, x / 2 + 0.4) == pytest.approx(
        2 * (x * x / 2).mean() / ((x**2).mean() * 1.25 + 0.16)
    )
    assert ccc(np.ones(5), np.ones(5)) == 0


def test_names_are_those_of_the_record() -> None:
    assert set(NAMES) < set(type(derive({"calm": 1.0})).model_fields)
