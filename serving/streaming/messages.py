"""What is said on `/stream`. All times are in seconds of the stream's own audio."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from serving.schemas import EXAMPLE_ANSWER, Answer, Problem
from undertone.prediction import Dimensions, Prediction, Segment, Word
from undertone.use import Purpose, Role

SEQUENCE_BYTES = 4
SAMPLE_BYTES = 2
FRAME_MS = (20, 200)
EXAMPLE_PLACE = {"type": "final", "start": 3.2, "end": 5.1}

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Start(BaseModel):
    """The first message: what will be sent, and what is wanted of it.

    Binary frames follow, each a little-endian unsigned 32-bit number, counted from 0, and 20 to
    200 ms of mono samples; only the last may be shorter.

    Attributes:
        sample_rate: of the samples, in Hz.
        encoding: of the samples: 16-bit integers, little-endian.
        provisional: whether an utterance is judged while it is being spoken, too.
        transcript: whether it is transcribed; without it the voice speaks alone.
        words: whether the times of words are wanted.
        timeline: whether the emotion over time and of each word is wanted.
        language: what is spoken, by its code, for a Whisper of many languages.
        labels: the emotions that are wanted: some of the model's, or other names for them.
        speaker_id: who speaks, under a pseudonym of the caller's.
        call_id: groups the utterances of one conversation; one is made without it.
        channel: how the speech came in.
        tenant: whose conversation it is; that tenant's own model answers, if it has one.
        role: who speaks, in their relation to the operator.
        purpose: what the emotion is inferred for.
        consent: whether the speaker agreed to text and audio being kept.
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["start"] = "start"
    sample_rate: Literal[8_000, 16_000] = 16_000
    encoding: Literal["pcm16"] = "pcm16"
    provisional: bool = True
    transcript: bool = True
    words: bool = True
    timeline: bool = False
    language: Name | None = None
    labels: dict[str, Name] | list[str] | None = None
    speaker_id: Name | None = None
    call_id: Name | None = None
    channel: Name | None = None
    tenant: Name | None = None
    role: Role | None = None
    purpose: Purpose | None = None
    consent: bool | None = None


class End(BaseModel):
    """The last message: no more frames follow, and what is still open is to be answered."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["end"] = "end"


class Ready(BaseModel):
    """Frames may be sent.

    Attributes:
        call_id: the caller's, or one that was made.
        model_tag: who answers now.
        ahead_seconds: how far the audio sent may be ahead of the audio heard. Reading stops for
            a caller who goes further, and one who does not wait may lose the connection.
        max_seconds: how long a stream may be.
    """

    model_config = ConfigDict(protected_namespaces=())

    type: Literal["ready"] = "ready"
    call_id: str
    model_tag: str
    ahead_seconds: float
    max_seconds: float


class Listening(BaseModel):
    """Told with every second of audio that was heard, whether someone speaks or not."""

    type: Literal["listening"] = "listening"
    seconds: float
    speaking: bool


class Provisional(BaseModel):
    """The emotion of an utterance that is being spoken, by the voice so far. It is not kept."""

    type: Literal["provisional"] = "provisional"
    start: float
    end: float
    emotion: str
    unknown: str | None = None
    confidence: float
    distribution: dict[str, float]
    dimensions: Dimensions | None = None

    @classmethod
    def of(cls, prediction: Prediction, start: float, end: float) -> "Provisional":
        """What a prediction says of the utterance so far."""
        told = prediction.model_dump(include={*cls.model_fields} - {"type", "start", "end"})
        return cls(start=round(start, 3), end=round(end, 3), **told)


class Final(Answer):
    """The answer to an utterance that ended; `start` and `end` include the silence around it."""

    model_config = ConfigDict(
        protected_namespaces=(), json_schema_extra={"example": EXAMPLE_ANSWER | EXAMPLE_PLACE}
    )

    type: Literal["final"] = "final"
    start: float
    end: float

    @classmethod
    def of(cls, answer: Answer, start: float, end: float) -> "Final":
        """An answer, its times moved from the utterance's to the stream's."""
        moved = answer.model_copy(deep=True)
        for told in _timed(moved):
            told.start, told.end = round(told.start + start, 3), round(told.end + start, 3)
        return cls(start=round(start, 3), end=round(end, 3), **moved.model_dump())


class Refused(BaseModel):
    """What went wrong: with `start` and `end` one utterance has no answer, otherwise all ends."""

    type: Literal["error"] = "error"
    error: Problem
    start: float | None = None
    end: float | None = None


class Done(BaseModel):
    """All is answered.

    Attributes:
        seconds: of audio that was heard.
        utterances: that were answered.
    """

    type: Literal["done"] = "done"
    seconds: float
    utterances: int


Event = Annotated[
    Ready | Listening | Provisional | Final | Refused | Done, Field(discriminator="type")
]
EVENTS: TypeAdapter[Event] = TypeAdapter(Event)


def _timed(answer: Answer) -> list[Word | Segment]:
    words: Any = answer.transcript.words if answer.transcript else []
    return [*words, *(answer.timeline or [])]
