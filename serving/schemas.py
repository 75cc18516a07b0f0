"""What the service says and hears over HTTP."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from undertone.prediction import Prediction

PREDICTION_ID = "2f1c8e0a5d7b4c36a9e4d1f07b8c2e55"
EXAMPLE_ANSWER: dict[str, Any] = {
    "prediction_id": PREDICTION_ID,
    "recorded": True,
    "emotion": "anger",
    "unknown": None,
    "ood_score": 0.52,
    "confidence": 0.71,
    "distribution": {"anger": 0.71, "disgust": 0.17, "neutral": 0.12},
    "dimensions": {"valence": -0.46, "arousal": 0.48, "dominance": 0.2, "source": "derived"},
    "by_modality": {
        "audio": {"anger": 0.64, "disgust": 0.2, "neutral": 0.16},
        "text": {"anger": 0.35, "disgust": 0.3, "neutral": 0.35},
    },
    "modalities": {"audio": True, "text": True, "image": False},
    "transcript": {"text": "I have been waiting for an hour", "words": [], "source": "recognised"},
    "model_tag": "undertone:4f0c2a9be713",
    "lineage_id": "4f0c2a9be713d0586a1b7c9e2f34d815",
    "timings_ms": {"total": 93.0},
}


class Answer(Prediction):
    """A prediction with the id that feedback refers to.

    `recorded` is false where the operational store could not take it: feedback is not possible.
    """

    model_config = ConfigDict(
        protected_namespaces=(), json_schema_extra={"example": EXAMPLE_ANSWER}
    )

    prediction_id: str
    recorded: bool = True


class Feedback(BaseModel):
    """What the emotion of a prediction really was, says `source`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "prediction_id": PREDICTION_ID,
                "emotion": "disgust",
                "source": "quality-team",
                "role": "annotator",
            }
        },
    )

    prediction_id: str = Field(min_length=1, max_length=64)
    emotion: str = Field(max_length=64)
    source: str = Field(min_length=1, max_length=200)
    role: str | None = Field(None, max_length=200)


class ModelStatus(BaseModel):
    """Which model answers, where it came from, and whether the next one failed to load.

    Attributes:
        tag: the model that answers; None before the first champion.
        champion: the tag that should answer; another one while it is loading or if it failed.
        problem: why the champion could not be loaded.
        classes: the emotions it tells apart.
        lineage: lineage_id, data_revision, split_hash, run_id, and parent and verdict_id if any.
        metrics: its figures on test.
        loaded_at: when it began to answer.
        load_seconds: how long loading and warming took.
        keeps: what is kept, beside the prediction, of speakers who consent.
    """

    tag: str | None = None
    champion: str | None = None
    problem: str | None = None
    classes: tuple[str, ...] = ()
    lineage: dict[str, str] = Field(default_factory=dict)
    metrics: dict[str, float] = Field(default_factory=dict)
    loaded_at: datetime | None = None
    load_seconds: float | None = None
    keeps: tuple[str, ...] = ()


class Problem(BaseModel):
    """Why a request was refused: a code for programs, a message and perhaps a hint for people.

    The service's log names the same `request_id`, and so does the header `X-Request-ID`.
    """

    code: str
    message: str
    hint: str | None = None
    request_id: str | None = None


class Envelope(BaseModel):
    """The body of every answer with a status of 400 or above."""

    error: Problem
