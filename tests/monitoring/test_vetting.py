import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.vetting import SHELL, Vetted, vet
from undertone.config import FeedbackParams

TRUSTED = FeedbackParams(trusted=("desk",))


def says(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["id", "emotion", "voice"])
    return frame.assign(given_by=None)


def many(voice: str, emotion: str, first: int, last: int) -> list[tuple[str, str, str]]:
    return [(f"p{number:03}", emotion, voice) for number in range(first, last)]


def settled(vetted: Vetted) -> dict[str, str]:
    return dict(vetted.labels.set_index("id")["feedback_emotion"])


def test_a_trusted_voice_outweighs_any_number_of_others() -> None:
    told = says(("p", "fear", "desk"), *[("p", "anger", f"bot {at}") for at in range(9)])
    assert settled(vet(told, TRUSTED)) == {"p": "fear"}
    told = told.assign(voice=told["voice"].replace("desk", "ada"))
    told.loc[0, "given_by"] = SHELL
    assert settled(vet(told, FeedbackParams())) == {"p": "fear"}


def test_two_trusted_voices_that_contradict_each_other_settle_nothing() -> None:
    both = FeedbackParams(trusted=("desk", "lab"))
    told = says(("p", "fear", "desk"), ("p", "anger", "lab"), ("p", "anger", "bot"))
    vetted = vet(told, both)
    assert vetted.labels.empty
    assert vetted.refused == {"p": "its sources contradict each other"}


def test_one_voice_alone_is_not_enough_unless_it_is_trusted() -> None:
    assert vet(says(*many("bot", "anger", 0, 50)), TRUSTED).labels.empty
    assert len(vet(says(*many("desk", "anger", 0, 50)), TRUSTED).labels) == 50
    assert len(vet(says(*many("bot", "anger", 0, 50)), None).labels) == 50


def test_a_flood_gets_its_quota_and_the_rest_is_told_why() -> None:
    told = says(*many("desk", "fear", 0, 30), *many("bot", "anger", 30, 530))
    vetted = vet(told, TRUSTED)
    owed = vetted.labels["voice"].value_counts()
    assert owed.to_dict() == {"desk": 30, "bot": 20}
    assert len(vetted.refused) == 480
    assert set(vetted.refused.values()) == {
        "'bot' is not trusted (feedback.trusted) and gives more than 40 % of all labels "
        "(feedback.quota)"
    }


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=5), st.integers(0, 40))
def test_no_untrusted_voice_ever_exceeds_its_quota(sizes: list[int], sure: int) -> None:
    rows = many("desk", "fear", 0, sure)
    for number, size in enumerate(sizes):
        rows += many(f"bot {number}", "anger", 100 * (number + 1), 100 * (number + 1) + size)
    vetted = vet(says(*rows), TRUSTED)
    owed = vetted.labels.loc[~vetted.labels["trusted"].astype(bool), "voice"].value_counts()
    assert all(count <= TRUSTED.quota * len(vetted.labels) for count in owed)
    assert len(vetted.labels) + len(vetted.refused) == sure + sum(sizes)


@pytest.mark.parametrize(("right", "heard"), [(9, True), (3, False)])
def test_a_voice_that_contradicts_the_others_is_not_heard(right: int, heard: bool) -> None:
    shared = [
        *many("desk", "fear", 0, 12),
        *many("bot", "fear", 0, right),
        *many("bot", "anger", right, 12),
    ]
    vetted = vet(says(*shared, *many("bot", "anger", 12, 16)), TRUSTED)
    assert ("p013" in settled(vetted)) is heard
    assert settled(vetted)["p010"] == "fear"
    if not heard:
        assert "'bot' agrees with others on 25 % of 12 predictions" in vetted.refused["p013"]


def test_nothing_said_is_nothing_settled() -> None:
    vetted = vet(says(), TRUSTED)
    assert vetted.labels.empty
    assert not vetted.refused
