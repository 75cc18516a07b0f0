"""How much was predicted, counted by the database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

from sqlalchemy import ColumnElement, String, and_, cast, func, select

from monitoring.store.database import Database
from monitoring.store.tables import DoubtRow, PredictionRow
from undertone.abstention import Reason

HOUR = len("2026-03-01 12")


@dataclass(frozen=True)
class HourCount:
    """Predictions of one emotion in one hour.

    Attributes:
        start: of the hour.
        emotion: the likeliest, answered or not.
        predictions: how many.
        unknown: how many of them were answered `unknown`.
    """

    start: datetime
    emotion: str
    predictions: int
    unknown: int


class TrafficLog(Database):
    """Aggregates over predictions; no row is loaded."""

    def traffic(self, since: datetime) -> list[HourCount]:
        """Predictions by hour and emotion from `since` on, oldest hour first."""
        hour = hour_of(PredictionRow.created_at).label("hour")
        unanswered = and_(
            DoubtRow.prediction_id == PredictionRow.id, DoubtRow.reason.in_(get_args(Reason))
        )
        query = (
            select(hour, PredictionRow.emotion, func.count(), func.count(DoubtRow.prediction_id))
            .outerjoin(DoubtRow, unanswered)
            .where(PredictionRow.created_at >= since)
            .group_by("hour", PredictionRow.emotion)
            .order_by("hour", PredictionRow.emotion)
        )
        with self._reading() as session:
            rows = session.execute(query).all()
        return [HourCount(_moment(start), *counts) for start, *counts in rows]


def hour_of(moment: Any) -> ColumnElement[Any]:
    """The hour of a moment in SQL, as `2026-03-01 12`."""
    return func.substr(cast(moment, String), 1, HOUR)


def _moment(hour: str) -> datetime:
    return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
