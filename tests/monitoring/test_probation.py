from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observed import make_prediction

from monitoring.probation import CERTAINTY, roll_back_if_worse, wealth
from monitoring.store import ConflictError, Store
from monitoring.store.tables import now
from undertone.config import PromotionParams

PARAMS = PromotionParams()


def crown(store: Store, tag: str) -> None:
    pointer = store.pointer("champion")
    version = pointer.version if pointer else 0
    store.move_pointer("champion", tag, lineage_id=tag, reason="better", expected_version=version)


def answer(store: Store, tag: str, calls: int, *, doubtful: float, hours_ago: float = 0.0) -> None:
    for number in range(calls):
        unsure = int((number + 1) * doubtful) > int(number * doubtful)
        said = make_prediction(model_tag=tag, confidence=0.3 if unsure else 0.9)
        store.add_prediction(said, created_at=now() - timedelta(hours=hours_ago))


def champion(store: Store) -> str:
    pointer = store.pointer("champion")
    assert pointer
    return pointer.tag


@pytest.fixture
def promoted(store: Store) -> Store:
    crown(store, "emotion:1")
    answer(store, "emotion:1", 50, doubtful=0.1, hours_ago=1)
    crown(store, "emotion:2")
    return store


def test_a_champion_that_is_surely_worse_goes_back_once_and_says_why(promoted: Store) -> None:
    answer(promoted, "emotion:2", 60, doubtful=0.8)
    reason = roll_back_if_worse(promoted, PARAMS)
    assert champion(promoted) == "emotion:1"
    assert reason is not None
    assert "80 % of its answers are doubtful or contradicted (60 calls), 10 % were" in reason
    assert promoted.pointer_moves("champion")[-1].reason == reason
    assert roll_back_if_worse(promoted, PARAMS) is None
    assert champion(promoted) == "emotion:1"


def test_contradicted_answers_count_as_errors(promoted: Store) -> None:
    for _ in range(60):
        key = promoted.add_prediction(make_prediction("anger", model_tag="emotion:2"))
        promoted.add_feedback(key, "fear", source="desk")
    assert roll_back_if_worse(promoted, PARAMS)


@pytest.mark.parametrize("doubtful", [0.0, 0.1, 0.2])
def test_one_that_is_no_worse_stays(promoted: Store, doubtful: float) -> None:
    answer(promoted, "emotion:2", 300, doubtful=doubtful)
    assert roll_back_if_worse(promoted, PARAMS) is None
    assert champion(promoted) == "emotion:2"


def test_the_first_champion_has_nothing_to_go_back_to(store: Store) -> None:
    crown(store, "emotion:1")
    answer(store, "emotion:1", 60, doubtful=1.0)
    assert roll_back_if_worse(store, PARAMS) is None


def test_probation_ends(promoted: Store) -> None:
    answer(promoted, "emotion:2", 60, doubtful=0.9)
    over = PARAMS.model_copy(update={"probation_hours": 0.0})
    assert roll_back_if_worse(promoted, over) is None


def test_of_two_that_roll_back_one_does(promoted: Store) -> None:
    version = len(promoted.pointer_moves("champion"))
    promoted.roll_back("champion", reason="first", expected_version=version)
    with pytest.raises(ConflictError, match="moved meanwhile"):
        promoted.roll_back("champion", reason="second", expected_version=version)
    assert champion(promoted) == "emotion:1"


@settings(deadline=None, max_examples=5)
@given(st.floats(0.05, 0.6))
def test_a_champion_at_the_limit_hardly_ever_goes_back(limit: float) -> None:
    rng = np.random.default_rng(0)
    months = ((rng.random(500) < limit).astype(float) for _ in range(400))
    assert np.mean([wealth(calls, limit) >= CERTAINTY for calls in months]) <= 0.01
