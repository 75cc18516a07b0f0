from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undertone.evaluation.diarisation import Span, bio, errors, span_report, steps_of

EMOTIONS = ("anger", "happiness", "neutral")
SECONDS = 10.0


@st.composite
def courses(draw: st.DrawFn) -> list[Span]:
    """Spans that cover ten seconds."""
    marks = sorted(set(draw(st.lists(st.integers(1, 99), max_size=5))))
    edges = [0.0, *(mark / 10 for mark in marks), SECONDS]
    return [Span(start, end, draw(st.sampled_from(EMOTIONS))) for start, end in pairwise(edges)]


def matching(truth: list[Span], said: list[Span]) -> float:
    return sum(
        max(0.0, min(one.end, other.end) - max(one.start, other.start))
        for one in truth
        for other in said
        if one.emotion == other.emotion
    )


def halved(course: list[Span]) -> list[Span]:
    middles = [(span.start + span.end) / 2 for span in course]
    return [
        part
        for span, middle in zip(course, middles, strict=True)
        for part in (span._replace(end=middle), span._replace(start=middle))
    ]


@given(courses())
def test_the_truth_is_without_error(course: list[Span]) -> None:
    assert errors(course, course, SECONDS).rate == pytest.approx(0)


@given(courses(), courses())
def test_the_rate_is_what_does_not_match(truth: list[Span], said: list[Span]) -> None:
    found = errors(truth, said, SECONDS)
    assert 0 <= found.rate <= 1 + 1e-9
    assert found.rate == pytest.approx(1 - matching(truth, said) / SECONDS)
    assert found.overlap == 0


@given(courses(), courses())
def test_cutting_spans_reordering_them_or_leaving_neutral_out_changes_nothing(
    truth: list[Span], said: list[Span]
) -> None:
    found = errors(truth, said, SECONDS)
    assert errors(halved(truth), halved(said)[::-1], SECONDS) == pytest.approx(found)
    emotional = [span for span in said if span.emotion != "neutral"]
    assert errors(truth, emotional, SECONDS) == pytest.approx(found)


@given(courses(), courses())
def test_swapping_truth_and_answer_swaps_missed_and_false_alarm(
    truth: list[Span], said: list[Span]
) -> None:
    one, other = errors(truth, said, SECONDS), errors(said, truth, SECONDS)
    assert one.missed == pytest.approx(other.false_alarm)
    assert one.confusion == pytest.approx(other.confusion)


def test_each_kind_is_counted_in_seconds() -> None:
    truth = [Span(0, 4, "neutral"), Span(4, 8, "anger"), Span(8, 10, "neutral")]
    said = [
        Span(3, 5, "anger"),
        Span(5, 6, "happiness"),
        Span(6, 7, "anger"),
        Span(6.5, 7, "happiness"),
        Span(9, 12, "neutral"),
    ]
    found = errors(truth, said, SECONDS)
    assert found._asdict() == pytest.approx(
        {"missed": 1, "false_alarm": 1, "confusion": 1, "overlap": 0.5, "seconds": 10}
    )
    assert found.rate == pytest.approx(0.35)


def test_the_published_implementation_gives_the_same_figure() -> None:
    """The example of `speechbrain.utils.EDER`."""
    truth = [Span(0.39, 1.10, "anger")]
    found = errors(truth, [Span(0.6, 1.2, "anger")], 1.22)
    # SpeechBrain counts the last 0.02 s, which its windows do not cover, as wrong.
    assert found.rate == pytest.approx(0.2704918 - 0.02 / 1.22)


def test_tags_begin_and_go_on_and_neutral_is_outside() -> None:
    emotions = ["neutral", "anger", "anger", None, "anger", "happiness"]
    assert bio(emotions) == ["O", "B-anger", "I-anger", "O", "B-anger", "B-happiness"]


def test_steps_take_the_emotion_in_their_middle() -> None:
    course = [Span(0, 0.6, "anger"), Span(0.6, 1.0, "neutral")]
    assert steps_of(course, 1.0, 0.25) == ["anger", "anger", "neutral", "neutral"]
    assert steps_of([], 0.1, 0.25) == [None]


def test_spans_must_be_right_as_a_whole() -> None:
    truth = [["B-anger", "I-anger", "O"], ["O", "B-fear", "O"]]
    said = [["B-anger", "O", "O"], ["O", "B-fear", "O"]]
    figures, table = span_report(truth, said)
    assert figures["precision"] == figures["recall"] == 0.5
    assert figures["support"] == 2
    assert "fear" in table and "1.000" in table
