"""The operational store: what was predicted, what was said of it, which model answers and why."""

from monitoring.store.errors import ConflictError, LabelError, NotFoundError
from monitoring.store.models import ModelLog
from monitoring.store.predictions import Labelled, PredictionLog
from monitoring.store.retrains import RetrainQueue
from monitoring.store.review import ReviewQueue
from monitoring.store.tables import (
    DoubtRow,
    FeedbackRow,
    GateStateRow,
    LineageRow,
    PointerMoveRow,
    PointerRow,
    PredictionRow,
    RetrainRow,
    VerdictRow,
)
from monitoring.store.traffic import TrafficLog
from monitoring.store.verdicts import VerdictLog

__all__ = [
    "ConflictError",
    "DoubtRow",
    "FeedbackRow",
    "GateStateRow",
    "LabelError",
    "Labelled",
    "LineageRow",
    "NotFoundError",
    "PointerMoveRow",
    "PointerRow",
    "PredictionRow",
    "RetrainRow",
    "Store",
    "VerdictRow",
]


class Store(PredictionLog, ModelLog, VerdictLog, RetrainQueue, TrafficLog, ReviewQueue):
    """The whole store. Safe to open from several threads and processes at once."""
