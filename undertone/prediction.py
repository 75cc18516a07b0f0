"""What the platform says about one utterance: one shape in Python, over HTTP and in the shell."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from undertone.abstention import Reason
from undertone.errors import ModelError


class Word(BaseModel):
    """A word and when it was said, in seconds from the start of the recording.

    `emotion` is that of the voice while it was said, where a timeline was asked for.
    """

    word: str
    start: float
    end: float
    probability: float | None = None
    emotion: str | None = None


class Transcript(BaseModel):
    """What was said. `source` tells whether the recogniser heard it or the caller gave it."""

    text: str
    words: list[Word] = Field(default_factory=list)
    language: str | None = None
    source: str = "recognised"


class Dimensions(BaseModel):
    """What a speaker feels on three continuous scales from -1 to 1.

    `source` tells whether the model was trained on such labels, or the values follow from its
    distribution over the emotions by `undertone.dimensions`.
    """

    valence: float = Field(ge=-1, le=1)
    arousal: float = Field(ge=-1, le=1)
    dominance: float = Field(ge=-1, le=1)
    source: Literal["trained", "derived"]


class Segment(BaseModel):
    """A stretch of a recording with one emotion, in seconds from its start."""

    start: float
    end: float
    emotion: str
    confidence: float = Field(ge=0, le=1)
    distribution: dict[str, float]


class AudioQuality(BaseModel):
    """Figures of the recording as it came in, before clean-up."""

    duration_s: float
    speech_s: float
    sample_rate: int
    channels: int
    loudness_lufs: float
    snr_db: float
    bandwidth_hz: float
    clipped_share: float


class Modalities(BaseModel):
    """Which of the three were there."""

    audio: bool
    text: bool
    image: bool


class Face(BaseModel):
    """What was seen in a picture of the speaker.

    Attributes:
        found: whether it holds a face; without one the answer is as if there were no picture.
        count: faces in it, of which the largest counts.
        box: left, top, width and height of that face, in pixels; none where none was looked for.
        score: how sure the detector is; more is surer, without an upper end.
        distribution: what the face shows, over the emotions that its classifier tells apart;
            empty where a learned image branch alone looks at it.
    """

    found: bool
    count: int = 0
    box: tuple[int, int, int, int] | None = None
    score: float | None = None
    distribution: dict[str, float] = Field(default_factory=dict)


class Prediction(BaseModel):
    """The emotion of one utterance.

    Attributes:
        emotion: the likeliest, or `unknown` where the model should not answer.
        unknown: why not, or none.
        ood_score: how unlike the training speech the recording sounds; 1 is where the answer
            becomes `unknown`.
        confidence: probability of the likeliest emotion.
        distribution: of all emotions that the model knows, whether it answers or not.
    """

    model_config = ConfigDict(protected_namespaces=())

    emotion: str
    unknown: Reason | None = None
    ood_score: float | None = None
    confidence: float = Field(ge=0, le=1)
    distribution: dict[str, float]
    dimensions: Dimensions | None = None
    by_modality: dict[str, dict[str, float]] = Field(default_factory=dict)
    modalities: Modalities
    transcript: Transcript | None = None
    timeline: list[Segment] | None = None
    audio: AudioQuality | None = None
    face: Face | None = None
    model_tag: str = ""
    lineage_id: str = ""
    timings_ms: dict[str, float] = Field(default_factory=dict)


def top(distribution: dict[str, float]) -> tuple[str, float]:
    """The likeliest emotion of a distribution and its probability.

    Raises:
        ModelError: the distribution is empty.
    """
    if not distribution:
        raise ModelError("The model answered an empty distribution.")
    emotion = max(distribution, key=lambda name: distribution[name])
    return emotion, distribution[emotion]
