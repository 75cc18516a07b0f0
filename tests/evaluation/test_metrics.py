import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score

from undertone.evaluation.metrics import (
    classification_report,
    clusters,
    confusion,
    macro_f1_of,
    score,
    uar,
    uar_difference,
    weighted_f1_of,
)


def guesses(seed: int, count: int = 200, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, count)
    right = generator.random(count) < 0.7
    return labels, np.where(right, labels, generator.integers(0, classes, count))


SPEAKERS = [f"s{k % 8}" for k in range(200)]


@given(seed=st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_figures_agree_with_scikit_learn(seed: int) -> None:
    labels, predicted = guesses(seed)
    assert uar(labels, predicted, 4) == pytest.approx(balanced_accuracy_score(labels, predicted))
    macro = macro_f1_of(confusion(labels, predicted, 4))
    assert macro == pytest.approx(f1_score(labels, predicted, average="macro"))
    weighted = weighted_f1_of(confusion(labels, predicted, 4))
    assert weighted == pytest.approx(f1_score(labels, predicted, average="weighted"))


@given(seed=st.integers(0, 999), order=st.permutations(range(4)))
@settings(max_examples=30, deadline=None)
def test_uar_does_not_change_when_classes_are_renamed(seed: int, order: list[int]) -> None:
    labels, predicted = guesses(seed)
    renamed = uar(np.array(order)[labels], np.array(order)[predicted], 4)
    assert renamed == pytest.approx(uar(labels, predicted, 4))


def test_uar_counts_classes_not_utterances() -> None:
    labels, predicted = [0] * 90 + [1] * 10, [0] * 100
    assert uar(labels, predicted, 2) == 0.5
    assert uar(labels, predicted, 3) == 0.5  # the third class never occurs


@given(seed=st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_interval_holds_the_figure(seed: int) -> None:
    labels, predicted = guesses(seed)
    found = score(labels, predicted, 4, clusters(SPEAKERS), seed)
    for interval in (found.uar, found.accuracy, found.macro_f1, found.weighted_f1):
        assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    groups = clusters([f"s{k // 10}" for k in range(400)])
    covered = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        skill = np.repeat(np.clip(generator.normal(0.7, 0.15, 40), 0, 1), 10)
        labels = generator.integers(0, 2, 400)
        predicted = np.where(generator.random(400) < skill, labels, 1 - labels)
        found = score(labels, predicted, 2, groups).accuracy
        covered += found.low <= 0.696 <= found.high
    assert covered >= 88


def test_speakers_widen_the_interval_when_they_differ() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 400)
    good = np.arange(400) % 8 < 5
    predicted = np.where(good, labels, 1 - labels)
    by_speaker = score(labels, predicted, 2, clusters([f"s{k % 8}" for k in range(400)])).uar
    alone = score(labels, predicted, 2, clusters(["unknown"] * 400)).uar
    assert by_speaker.high - by_speaker.low > 3 * (alone.high - alone.low)


@pytest.mark.parametrize("speakers", [["anna"] * 5, ["unknown"] * 5, ["a", "b", "", "a", "b"]])
def test_utterances_are_drawn_when_speakers_are_not_known(speakers: list[str]) -> None:
    groups = clusters(speakers)
    assert (groups.unit, groups.count) == ("utterances", 5)


def test_speakers_are_drawn_when_known() -> None:
    groups = clusters(["a", "b", "a"])
    assert (groups.unit, groups.count, groups.index.tolist()) == ("speakers", 2, [0, 1, 0])


def test_difference_of_a_model_with_itself_is_nothing() -> None:
    labels, predicted = guesses(1)
    found = uar_difference(labels, predicted, predicted, 4, clusters(SPEAKERS))
    assert (found.low, found.value, found.high) == (0, 0, 0)


def test_paired_difference_is_narrower_than_two_intervals() -> None:
    labels, predicted = guesses(2)
    better = np.where(np.arange(200) % 10 == 0, labels, predicted)
    groups = clusters(SPEAKERS)
    gain = uar_difference(labels, predicted, better, 4, groups)
    one = score(labels, predicted, 4, groups).uar
    assert gain.value == pytest.approx(uar(labels, better, 4) - uar(labels, predicted, 4))
    assert gain.high - gain.low < one.high - one.low
    back = uar_difference(labels, better, predicted, 4, groups)
    assert (back.value, back.low) == pytest.approx((-gain.value, -gain.high))


def test_report_has_every_average_and_no_row_for_an_absent_class() -> None:
    rows, text = classification_report([0, 0, 1, 2], [0, 1, 1, 2], ["anger", "calm", "fear", "joy"])
    assert rows["micro avg"]["f1-score"] == rows["accuracy"] == 0.75
    assert rows["macro avg"]["recall"] == pytest.approx((0.5 + 1 + 1) / 3)
    assert "joy" not in rows
    lines = [line.split()[0] for line in text.splitlines() if line]
    assert lines == ["precision", "anger", "calm", "fear", "accuracy", "micro", "macro", "weighted"]
    assert len({len(line) for line in text.splitlines() if line}) == 1
