"""What many utterances amount to."""

from collections import defaultdict

from pydantic import BaseModel, Field

from undertone.prediction import Prediction


class Passage(BaseModel):
    """An utterance of a long recording, in seconds from its start, and how it was judged.

    Attributes:
        start: of what was heard.
        end: of what was heard.
        speech_s: seconds of speech in it.
    """

    start: float
    end: float
    speech_s: float


class Stretch(BaseModel):
    """Utterances in a row with one emotion, in seconds from the start of the recording."""

    start: float
    end: float
    emotion: str


class Summary(BaseModel):
    """A long recording as a whole.

    Attributes:
        seconds: how long it is.
        speech_s: seconds of speech in what was judged.
        utterances: how many were judged.
        unjudged: how many could not be, with the reason beside each.
        shares: share of the speech by emotion, `unknown` among them; they sum to 1.
        distribution: the mean of the utterances' distributions, weighted by seconds of speech.
        timeline: the emotions in their order.
        transcript: what was said, joined.
    """

    seconds: float = 0.0
    speech_s: float = 0.0
    utterances: int = 0
    unjudged: int = 0
    shares: dict[str, float] = Field(default_factory=dict)
    distribution: dict[str, float] = Field(default_factory=dict)
    timeline: list[Stretch] = Field(default_factory=list)
    transcript: str | None = None


class Tally:
    """Adds utterances up as they are judged."""

    def __init__(self) -> None:
        self.utterances = 0
        self.unjudged = 0
        self._spoken: defaultdict[str, float] = defaultdict(float)
        self._shares: defaultdict[str, float] = defaultdict(float)
        self._timeline: list[Stretch] = []
        self._said: list[str] = []

    def add(self, passage: Passage, prediction: Prediction) -> None:
        """Count an utterance that was judged."""
        self.utterances += 1
        self._spoken[prediction.emotion] += passage.speech_s
        for emotion, share in prediction.distribution.items():
            self._shares[emotion] += share * passage.speech_s
        if prediction.transcript and prediction.transcript.text:
            self._said.append(prediction.transcript.text)
        if self._timeline and self._timeline[-1].emotion == prediction.emotion:
            self._timeline[-1].end = passage.end
        else:
            self._timeline.append(
                Stretch(start=passage.start, end=passage.end, emotion=prediction.emotion)
            )

    def summary(self, seconds: float) -> Summary:
        """All of it.

        Args:
            seconds: how long the recording is.
        """
        speech_s = sum(self._spoken.values())
        return Summary(
            seconds=seconds,
            speech_s=speech_s,
            utterances=self.utterances,
            unjudged=self.unjudged,
            shares={emotion: spoken / speech_s for emotion, spoken in self._spoken.items()},
            distribution={emotion: share / speech_s for emotion, share in self._shares.items()},
            timeline=self._timeline,
            transcript=" ".join(self._said) or None,
        )
