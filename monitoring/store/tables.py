"""The tables of the operational store, in types that SQLite and PostgreSQL share.

Rows leave the store detached and fully loaded: read them as plain records.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    JSON,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    MetaData,
    UniqueConstraint,
    or_,
)
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh random id of 32 hexadecimal digits."""
    return uuid4().hex


def at_or_under(column: InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """Rows in which a column is a name, or one under it (`NAME/...`)."""
    return or_(column == name, column.startswith(f"{name}/", autoescape=True))


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, kept in UTC without a zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To UTC, zone dropped."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Back to an aware moment."""
        return value.replace(tzinfo=UTC) if value else None


class Table(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, dict[str, float]: JSON}  # noqa: RUF012
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class PredictionRow(Table):
    """One answer of the service. Text and audio are there only where the operator keeps them."""

    __tablename__ = "predictions"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    model_tag: Mapped[str] = mapped_column(index=True)
    lineage_id: Mapped[str]
    speaker_id: Mapped[str | None] = mapped_column(index=True)
    call_id: Mapped[str | None]
    channel: Mapped[str | None]
    tenant: Mapped[str | None]
    role: Mapped[str | None]
    purpose: Mapped[str | None]
    consent: Mapped[bool | None]
    language: Mapped[str | None]
    emotion: Mapped[str]
    confidence: Mapped[float]
    distribution: Mapped[dict[str, float]]
    has_audio: Mapped[bool]
    has_text: Mapped[bool]
    has_image: Mapped[bool]
    snr_db: Mapped[float | None]
    bandwidth_hz: Mapped[float | None]
    loudness_lufs: Mapped[float | None]
    clipped_share: Mapped[float | None]
    duration_s: Mapped[float | None]
    ood_score: Mapped[float | None]
    latency_ms: Mapped[float | None]
    text: Mapped[str | None]
    audio_path: Mapped[str | None]


class DoubtRow(Table):
    """That a person should look at a prediction, and why: see `monitoring.store.review.doubt`."""

    __tablename__ = "doubts"

    prediction_id: Mapped[str] = mapped_column(
        ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True
    )
    reason: Mapped[str]


class FeedbackRow(Table):
    """What a person, or another system, says the emotion of a prediction really was.

    `source` is what they call themselves, `given_by` the API key that they showed, '' if none.
    """

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("prediction_id", "source", "given_by"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    prediction_id: Mapped[str] = mapped_column(ForeignKey("predictions.id"))
    emotion: Mapped[str]
    source: Mapped[str]
    role: Mapped[str | None]
    given_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class PointerRow(Table):
    """A name that stands for a model tag; `version` counts its moves.

    The names are champion, challenger and tenant/NAME.
    """

    __tablename__ = "pointers"

    name: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str]
    lineage_id: Mapped[str]
    version: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(default=now)


class PointerMoveRow(Table):
    """A move of a pointer: where it went and why."""

    __tablename__ = "pointer_moves"

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tag: Mapped[str]
    lineage_id: Mapped[str]
    is_rollback: Mapped[bool]
    reason: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class LineageRow(Table):
    """Where a bundle came from."""

    __tablename__ = "lineage"

    lineage_id: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(index=True)
    data_revision: Mapped[str]
    split_hash: Mapped[str]
    run_id: Mapped[str]
    parent_lineage_id: Mapped[str | None]
    verdict_id: Mapped[str | None]
    corpus_uri: Mapped[str | None]
    heard_uri: Mapped[str | None]
    evaluation_uri: Mapped[str | None]
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)


class VerdictRow(Table):
    """What the drift gate said of one window. `policy` is a hash of settings and reference.

    `alert` is what somebody should be told of at once, and `told_at` when somebody was.
    """

    __tablename__ = "verdicts"
    __table_args__ = (UniqueConstraint("champion", "window_start", "window_end", "policy"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    champion: Mapped[str] = mapped_column(index=True)
    policy: Mapped[str]
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    verdict: Mapped[int]
    details: Mapped[dict[str, Any]]
    report_path: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    alert: Mapped[str | None]
    told_at: Mapped[datetime | None]

    def columns(self) -> tuple[str, str, str, str]:
        """For a table: when, champion, verdict in words, report."""
        words = str(self.details.get("words", self.verdict))
        surge = self.details.get("surge", "none")
        if surge != "none":
            words += f" A surge of negative emotions {surge}."
        return (f"{self.window_end:%F %T}", self.champion, words, self.report_path or "")


class GateStateRow(Table):
    """The evidence that the drift gate carries from window to window."""

    __tablename__ = "gate_states"

    champion: Mapped[str] = mapped_column(primary_key=True)
    policy: Mapped[str] = mapped_column(primary_key=True)
    window_end: Mapped[datetime]
    state: Mapped[dict[str, Any]]


class RetrainRow(Table):
    """A retrain asked for by a verdict: waiting, running, then done, kept or failed.

    Two unique columns that are null when they do not apply keep the order in any database:
    `open_champion` (one open request a champion) and `slot` (one running retrain).
    """

    __tablename__ = "retrains"

    key: Mapped[str] = mapped_column(ForeignKey("verdicts.id"), primary_key=True)
    champion: Mapped[str]
    open_champion: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="waiting", index=True)
    slot: Mapped[int | None] = mapped_column(unique=True)
    token: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")
    challenger_tag: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    claimed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    @property
    def verdict_id(self) -> str:
        """The verdict that asked; it is the request's key."""
        return self.key

    def columns(self) -> tuple[str, str, str, str]:
        """For a table: when, state, challenger, reason."""
        return (f"{self.created_at:%F %T}", self.state, self.challenger_tag or "", self.reason)
