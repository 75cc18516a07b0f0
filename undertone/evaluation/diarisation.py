"""Which emotion when: the emotion diarisation error rate, and spans in the manner of seqeval."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

NEUTRAL = "neutral"


class Span(NamedTuple):
    """A stretch of time with one emotion, in seconds."""

    start: float
    end: float
    emotion: str


class Errors(NamedTuple):
    """Seconds of a recording that are wrong, by kind, and all of its seconds.

    EDER, the emotion diarisation error rate of Wang, Ravanelli & Yacoubi 2023, "Speech Emotion
    Diarization: Which Emotion Appears When?" (arXiv 2306.12991), is the sum of the four kinds over
    the duration. It lies between 0 and 1.

    Attributes:
        missed: emotional, but said to be neutral, or nothing said of it.
        false_alarm: neutral, but said to be emotional.
        confusion: emotional, but said to be another emotion.
        overlap: more than one emotion is said at once.
        seconds: how long the recording is.
    """

    missed: float
    false_alarm: float
    confusion: float
    overlap: float
    seconds: float

    @property
    def rate(self) -> float:
        """The EDER."""
        return self.wrong / self.seconds if self.seconds else 0.0

    @property
    def wrong(self) -> float:
        """Seconds that are wrong in any way."""
        return self.missed + self.false_alarm + self.confusion + self.overlap


def errors(truth: Sequence[Span], said: Sequence[Span], seconds: float) -> Errors:
    """Compare what was said of a recording with what is true of it.

    Args:
        truth: spans that do not overlap; time in none of them is neutral.
        said: spans in any order.
        seconds: how long the recording is; what lies beyond is not looked at.
    """
    wrong = dict.fromkeys(("missed", "false_alarm", "confusion", "overlap"), 0.0)
    bounds = {0.0, seconds, *(mark for span in (*truth, *said) for mark in span[:2])}
    for start, end in pairwise(sorted(mark for mark in bounds if 0 <= mark <= seconds)):
        middle = (start + end) / 2
        kind = _kind(_at(truth, middle), _at(said, middle))
        if kind:
            wrong[kind] += end - start
    return Errors(**wrong, seconds=seconds)


def bio(emotions: Iterable[str | None]) -> list[str]:
    """BIO tags of a sequence of time steps or words; neutral ones, and mute ones, are outside."""
    tags, before = [], None
    for emotion in emotions:
        if emotion is None or emotion == NEUTRAL:
            tags.append("O")
        else:
            tags.append(f"{'I' if emotion == before else 'B'}-{emotion}")
        before = emotion
    return tags


def emotion_at(spans: Sequence[Span], seconds: float) -> str | None:
    """The emotion of the first span that holds a moment, or none."""
    return next((span.emotion for span in spans if span.start <= seconds < span.end), None)


def steps_of(spans: Sequence[Span], seconds: float, hop: float) -> list[str | None]:
    """The emotion in the middle of each step of `hop` seconds."""
    count = max(1, round(seconds / hop))
    return [emotion_at(spans, (step + 0.5) * seconds / count) for step in range(count)]


def span_report(truth: list[list[str]], said: list[list[str]]) -> tuple[dict[str, float], str]:
    """Precision, recall and F1 of whole spans: emotion, first and last step must all be right.

    Args:
        truth: BIO tags of each recording.
        said: those that were predicted, as many.

    Returns:
        The micro-averaged figures, and seqeval's table.
    """
    from seqeval import metrics

    table = metrics.classification_report(truth, said, digits=3, zero_division=0)
    rows = metrics.classification_report(truth, said, output_dict=True, zero_division=0)
    return {name: float(value) for name, value in rows["micro avg"].items()}, table


def _at(spans: Sequence[Span], moment: float) -> set[str]:
    return {span.emotion for span in spans if span.start <= moment < span.end}


def _kind(truth: set[str], said: set[str]) -> str | None:
    if len(said) > 1:
        return "overlap"
    true, guess = next(iter(truth), NEUTRAL), next(iter(said), NEUTRAL)
    if true == guess:
        return None
    if true == NEUTRAL:
        return "false_alarm"
    return "missed" if guess == NEUTRAL else "confusion"
