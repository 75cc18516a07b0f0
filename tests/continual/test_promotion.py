from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undertone.config import PromotionParams
from undertone.continual.behaving import behaved
from undertone.continual.gate import Comparison, Decision, Part, decide
from undertone.evaluation.behaviour.record import Finding, Metric
from undertone.evaluation.metrics import Interval

PARAMS = PromotionParams(min_gain=0.02, max_forgetting=0.03, min_holdout=30)
change = st.floats(-0.5, 0.5)


def compare(difference: float, utterances: int = 100) -> Comparison:
    interval = Interval(value=difference, low=difference - 0.01, high=difference + 0.01)
    return Comparison(
        before=0.5, after=0.5 + difference, difference=interval, utterances=utterances, speakers=9
    )


@given(old=change, new=change)
def test_promotes_exactly_what_gains_without_forgetting(old: float, new: float) -> None:
    decision = decide(compare(old), compare(new), PARAMS)
    assert decision.promote == (new >= 0.02 and -old <= 0.03)
    assert (decision.gain, decision.forgetting) == (new, -old)


@given(old=change, new=change, more_old=st.floats(0, 0.3), more_new=st.floats(0, 0.3))
def test_a_better_challenger_is_never_refused_where_a_worse_one_is_promoted(
    old: float, new: float, more_old: float, more_new: float
) -> None:
    worse = decide(compare(old), compare(new), PARAMS)
    better = decide(compare(old + more_old), compare(new + more_new), PARAMS)
    assert better.promote >= worse.promote


@given(old=change, new=change, asked=st.floats(0.02, 0.5), allowed=st.floats(0, 0.03))
def test_a_stricter_gate_promotes_no_more(
    old: float, new: float, asked: float, allowed: float
) -> None:
    strict = PromotionParams(min_gain=asked, max_forgetting=allowed, min_holdout=30)
    lenient, firm = (decide(compare(old), compare(new), params) for params in (PARAMS, strict))
    assert firm.promote <= lenient.promote


def test_what_is_not_a_number_is_not_promoted() -> None:
    for asked in (0.0, 0.02):
        params = PARAMS.model_copy(update={"min_gain": asked})
        assert not decide(compare(0.0), compare(float("nan")), params).promote


def test_where_no_gain_is_asked_for_none_is_needed() -> None:
    indifferent = PARAMS.model_copy(update={"min_gain": 0.0})
    assert decide(compare(0.0), compare(-0.05), indifferent).promote


@pytest.mark.parametrize(
    ("old", "new", "same_labels", "said"),
    [
        (compare(-0.1), compare(0.1), True, "loses 0.100 UAR on the old domain"),
        (compare(0.0), compare(0.01), True, "gains +0.010 UAR on the new domain"),
        (compare(0.0), compare(0.1, utterances=12), True, "the holdout has 12 utterances"),
        (compare(0.0), compare(0.1), False, "do not know the same emotions"),
    ],
)
def test_says_why_it_refuses(
    old: Comparison, new: Comparison, same_labels: bool, said: str
) -> None:
    decision = decide(old, new, PARAMS, same_labels=same_labels)
    assert not decision.promote
    assert said in decision.reason


def part(name: str, difference: float, utterances: int = 40) -> Part:
    interval = Interval(value=difference, low=difference - 0.08, high=difference + 0.08)
    return Part(name=name, difference=interval, utterances=utterances)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"parts": (part("fear", -0.3),)},
            "too much in parts (promotion.max_part_loss): fear -0.30",
        ),
        ({"parts": (part("female", -0.2),)}, "female -0.20"),
        ({"ece_rise": 0.2}, "its calibration error rises by 0.200"),
        ({"parts": (part("fear", -0.3, utterances=4),)}, ""),
        ({"parts": (part("fear", -0.05),)}, ""),
    ],
)
def test_no_emotion_or_group_pays_for_the_others(changes: dict[str, Any], said: str) -> None:
    for at in range(2):
        sides = [compare(0.0), compare(0.1)]
        sides[at] = sides[at].model_copy(update=changes)
        decision = decide(*sides, PARAMS)
        assert decision.promote is (not said)
        assert said in decision.reason


def test_a_gain_that_may_be_chance_is_none() -> None:
    unsure = Interval(value=0.1, low=-0.01, high=0.2)
    decision = decide(compare(0.0), compare(0.1).model_copy(update={"difference": unsure}), PARAMS)
    assert not decision.promote
    assert "may be chance" in decision.reason


def findings(share: float, metric: Metric = "unchanged", tests: int = 5) -> list[Finding]:
    bounds: dict[Metric, float] = {"unchanged": 0.9, "speech unknown": 0.1}
    steady = Finding(group="noise", name="cough", metric=metric, value=share, bound=0, n=100)
    bounded = steady.model_copy(update={"bound": bounds[metric]})
    return [bounded] * tests


@pytest.mark.parametrize(
    ("before", "after", "metric", "refused"),
    [
        (0.95, 0.6, "unchanged", True),
        (0.95, 0.87, "unchanged", False),  # under its bound, and as well chance
        (0.6, 0.6, "unchanged", False),  # the champion is no better
        (1.0, 0.91, "unchanged", False),  # worse, and within its bound
        (0.05, 0.4, "speech unknown", True),
        (0.4, 0.05, "speech unknown", False),
    ],
)
def test_a_challenger_that_surely_behaves_worse_is_refused(
    before: float, after: float, metric: Metric, refused: bool
) -> None:
    behaviour = behaved(findings(before, metric), findings(after, metric))
    decision = decide(compare(0.0), compare(0.1), PARAMS, behaviour=behaviour)
    assert decision.promote is not refused
    assert (f"cough, {metric} {before:.2f} → {after:.2f}" in decision.reason) is refused


def test_the_more_tests_the_surer_one_of_them_must_be() -> None:
    def refused(tests: int) -> bool:
        behaviour = behaved(findings(0.95, tests=tests), findings(0.84, tests=tests))
        return not decide(compare(0.0), compare(0.1), PARAMS, behaviour=behaviour).promote

    assert refused(1)
    assert not refused(30)


def test_says_the_figures_when_it_promotes() -> None:
    decision = decide(compare(-0.01), compare(0.1), PARAMS)
    assert decision.promote
    assert "0.500 → 0.600 (+0.100, 95 % interval +0.090 to +0.110" in decision.reason
    assert decision.forgetting_interval == pytest.approx((0.0, 0.02))
    assert Decision.model_validate_json(decision.model_dump_json()) == decision
