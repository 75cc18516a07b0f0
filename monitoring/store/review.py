"""Predictions that a person should look at."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select

from monitoring.store.database import Database
from monitoring.store.tables import DoubtRow, FeedbackRow, PredictionRow
from undertone.prediction import top

if TYPE_CHECKING:
    from datetime import datetime

    from undertone.prediction import Prediction

EVEN_CHANCE = 0.5
DISAGREE = "modalities disagree"
LOW_CONFIDENCE = "low confidence"


def doubt(prediction: Prediction) -> str | None:
    """Why a person should look at a prediction, or none.

    It was answered `unknown`; two modalities, each by itself more likely right than wrong, name
    different emotions; or the answer is more likely wrong than right.
    """
    if prediction.unknown:
        return prediction.unknown
    views = [top(distribution) for distribution in prediction.by_modality.values()]
    sure = [emotion for emotion, share in views if share >= EVEN_CHANCE]
    if any(one != other for one, other in combinations(sure, 2)):
        return DISAGREE
    return LOW_CONFIDENCE if prediction.confidence < EVEN_CHANCE else None


class ReviewQueue(Database):
    """Doubtful predictions without feedback."""

    def review_queue(self, since: datetime, limit: int) -> list[tuple[PredictionRow, str]]:
        """The newest of them with the reason of the doubt, newest first."""
        query = _waiting(select(PredictionRow, DoubtRow.reason), since)
        query = query.order_by(PredictionRow.created_at.desc(), PredictionRow.id).limit(limit)
        with self._reading() as session:
            return [(row, reason) for row, reason in session.execute(query)]

    def count_review_queue(self, since: datetime) -> int:
        """How many wait."""
        with self._reading() as session:
            return int(session.execute(_waiting(select(func.count()), since)).scalar_one())


def _waiting(query: Any, since: datetime) -> Any:
    return (
        query.select_from(PredictionRow)
        .join(DoubtRow, DoubtRow.prediction_id == PredictionRow.id)
        .where(PredictionRow.created_at >= since)
        .where(~exists().where(FeedbackRow.prediction_id == PredictionRow.id))
    )
