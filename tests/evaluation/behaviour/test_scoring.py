import numpy as np
import pytest

from undertone.corpora.sexes import sex_of
from undertone.evaluation.behaviour.record import Behaviour, Finding
from undertone.evaluation.behaviour.report import render_behaviour, write_behaviour
from undertone.evaluation.behaviour.scoring import (
    Baseline,
    correctness,
    fairness,
    group_scores,
    robustness,
)
from undertone.evaluation.behaviour.suite import Test

LABELS = ("anger", "calm", "neutral")
TRUTH = np.tile([0, 1], 60)
SPEAKERS = [f"emodb-{8 + place // 30:02d}" for place in range(120)]  # 08, 09 f; 10, 11 m
NOISE = Test("rain", "noise", 0.9, -0.05)


def baseline(guess: np.ndarray) -> Baseline:
    return Baseline(LABELS, TRUTH, guess, SPEAKERS, seed=0)


def by_name(findings: list[Finding]) -> dict[tuple[str, str], Finding]:
    return {(finding.name, finding.metric): finding for finding in findings}


def test_a_perfect_model_is_correct_on_the_classes_that_occur() -> None:
    found = correctness(baseline(TRUTH))
    assert {finding.name for finding in found} == {"anger", "calm", "shares"}
    assert all(finding.passed for finding in found)


def test_a_model_that_always_says_the_same_is_not_correct() -> None:
    found = by_name(correctness(baseline(np.zeros_like(TRUTH))))
    assert found["anger", "recall"].value == 1
    assert found["anger", "precision"].value == 0.5
    assert found["calm", "recall"].value == found["calm", "precision"].value == 0
    assert found["calm", "share difference"].value == 0.5
    assert found["shares", "divergence"].value == pytest.approx(0.3113, abs=1e-3)
    assert not found["shares", "divergence"].passed


def test_fairness_compares_groups_with_all() -> None:
    guess = TRUTH.copy()
    guess[60:80] = 1 - guess[60:80]
    found = baseline(guess)
    sexes = {speaker: sex_of(speaker) or "" for speaker in set(SPEAKERS)}
    groups = group_scores(found, "sex", sexes)
    assert [(group.name, group.speakers, group.n) for group in groups] == [
        ("female", 2, 60),
        ("male", 2, 60),
    ]
    gaps = fairness(groups, found.uar().value)
    assert [gap.value for gap in gaps] == pytest.approx([1 / 6, 1 / 6])
    assert not any(gap.passed for gap in gaps)


def test_one_group_alone_is_no_test_of_fairness() -> None:
    found = baseline(TRUTH)
    groups = group_scores(found, "sex", {"emodb-08": "female"})
    assert len(groups) == 1
    assert fairness(groups, 1.0) == []


def test_robustness_measures_what_stays_and_what_is_lost() -> None:
    after = TRUTH.copy()
    after[:9] = 2
    kept, change = robustness(baseline(TRUTH), after, NOISE)
    assert (kept.value, kept.passed) == (pytest.approx(0.925), True)
    assert (change.value, change.passed) == (pytest.approx(-0.075, abs=1e-3), False)
    assert len(robustness(baseline(TRUTH), after, Test("gain", "small changes", 0.95))) == 1


@pytest.mark.parametrize(
    ("speaker", "sex"),
    [
        ("emodb-03", "male"),
        ("emodb-16", "female"),
        ("ravdess-02", "female"),
        ("ravdess-11", "male"),
        ("voice000", "female"),
        ("anna", None),
    ],
)
def test_knows_the_sex_where_the_corpus_tells(speaker: str, sex: str | None) -> None:
    assert sex_of(speaker) == sex


def behaviour(guess: np.ndarray) -> Behaviour:
    found = baseline(guess)
    sexes = {speaker: sex_of(speaker) or "" for speaker in set(SPEAKERS)}
    return Behaviour(
        corpus="made",
        split="test",
        split_hash="a" * 64,
        data_revision="b" * 64,
        bundle_hash="c" * 64,
        seed=3,
        utterances=120,
        speakers=4,
        uar=found.uar(),
        findings=[*correctness(found), *robustness(found, TRUTH, NOISE)],
        groups=group_scores(found, "sex", sexes),
    )


def test_the_verdict_names_failing_correctness_first() -> None:
    assert behaviour(TRUTH).verdict.startswith("Passes correctness (7 of 7). Passed: noise 2 of 2")
    constant = behaviour(np.zeros_like(TRUTH))
    assert constant.verdict.startswith("FAILS CORRECTNESS (2 of 7 passed)")
    assert "FAILED" in render_behaviour(constant)


def test_the_table_says_where_nobody_is_compared() -> None:
    found = behaviour(TRUTH)
    one_sex = found.model_copy(update={"groups": found.groups[:1]})
    assert "all are female" in render_behaviour(one_sex)
    assert "nobody to compare" not in render_behaviour(found)


def test_files_are_whole_and_read_back(tmp_path) -> None:
    found = behaviour(TRUTH)
    write_behaviour(tmp_path, found)
    assert Behaviour.model_validate_json((tmp_path / "behaviour.json").read_text()) == found
    for picture in ("behaviour.png", "groups.png"):
        assert (tmp_path / picture).read_bytes()[:4] == b"\x89PNG"
    table = (tmp_path / "behaviour.txt").read_text()
    assert "seed 3" in table
    assert "sex: female" in table
