"""What `/operations/…` takes and answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from undertone.prediction import Modalities

MAX_HOURS = 30 * 24
MAX_ROWS = 200


class Last(BaseModel):
    """The newest of something."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=MAX_ROWS, description="How many at most.")


class TrafficQuery(BaseModel):
    """A stretch of time up to now."""

    model_config = ConfigDict(extra="forbid")

    hours: int = Field(24, ge=1, le=MAX_HOURS, description="How many hours back.")


class ReviewQuery(Last):
    """The newest of a stretch of time."""

    hours: int = Field(7 * 24, ge=1, le=MAX_HOURS, description="How many hours back.")


class Hour(BaseModel):
    """Predictions of one hour.

    `emotions` counts the likeliest emotion of each, answered or not; `unknown` those not answered.
    """

    start: datetime
    predictions: int = 0
    unknown: int = 0
    emotions: dict[str, int] = Field(default_factory=dict)


class Traffic(BaseModel):
    """Predictions by hour; hours without any are left out."""

    since: datetime
    until: datetime
    hours: list[Hour]


class Retrain(BaseModel):
    """The retrain that a verdict asked for: waiting, running, done, kept or failed."""

    state: str
    reason: str
    challenger: str | None


class JudgedWindow(BaseModel):
    """What the drift gate said of one window.

    Attributes:
        id: the verdict's id.
        champion: whose predictions were judged.
        window_start: first moment of the window.
        window_end: first moment after it.
        verdict: 0 steady, 1 not enough data, 2 the mix changed, 3 the input changed, 4 both.
        words: the same for people, with the figures that count.
        report: address of the drawn report, none where its file is gone.
        retrain: what the verdict led to.
    """

    id: str
    champion: str
    window_start: datetime
    window_end: datetime
    verdict: int
    words: str
    report: str | None
    retrain: Retrain | None


class Verdicts(BaseModel):
    """Verdicts of the drift gate, newest first."""

    verdicts: list[JudgedWindow]


class Doubtful(BaseModel):
    """A prediction that a person should look at.

    `text` is there only where the operator keeps it.
    """

    model_config = ConfigDict(protected_namespaces=())

    prediction_id: str
    created_at: datetime
    reason: str
    emotion: str
    confidence: float
    distribution: dict[str, float]
    modalities: Modalities
    duration_s: float | None
    channel: str | None
    model_tag: str
    text: str | None


class Review(BaseModel):
    """Doubtful predictions without feedback, newest first; `waiting` counts all of them."""

    waiting: int
    predictions: list[Doubtful]


class ChampionMove(BaseModel):
    """One model became the champion, or became it again, and why."""

    version: int
    tag: str
    moved_at: datetime
    reason: str
    is_rollback: bool
    data_revision: str | None
    run_id: str | None
    verdict_id: str | None
    metrics: dict[str, float]


class Rollback(BaseModel):
    """The model that a rollback would make the champion, and the command for it."""

    to: str
    command: str = "undertone models rollback"


class Champions(BaseModel):
    """Who the champion was and is, newest first."""

    moves: list[ChampionMove]
    rollback: Rollback | None
