"""The operational store: what was predicted, what was said of it, which model answers and why."""

from monitoring.store.audit import AuditLog, AuditRow
from monitoring.store.baselines import BaselineLog, BaselineRow
from monitoring.store.calls import CallLog
from monitoring.store.errors import ConflictError, KeyRefusedError, LabelError, NotFoundError
from monitoring.store.holds import HoldLog, HoldRow
from monitoring.store.keys import ApiKeyRow, KeyLog
from monitoring.store.models import ModelLog
from monitoring.store.permissions import PermissionLog, UsePermissionRow
from monitoring.store.predictions import Labelled, PredictionLog
from monitoring.store.retrains import RetrainQueue
from monitoring.store.review import ReviewQueue
from monitoring.store.subjects import Forgotten, SubjectLog
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
    "ApiKeyRow",
    "AuditRow",
    "BaselineRow",
    "ConflictError",
    "DoubtRow",
    "FeedbackRow",
    "Forgotten",
    "GateStateRow",
    "HoldRow",
    "KeyRefusedError",
    "LabelError",
    "Labelled",
    "LineageRow",
    "NotFoundError",
    "PointerMoveRow",
    "PointerRow",
    "PredictionRow",
    "RetrainRow",
    "Store",
    "UsePermissionRow",
    "VerdictRow",
]


class Store(
    PredictionLog,
    CallLog,
    BaselineLog,
    ModelLog,
    VerdictLog,
    RetrainQueue,
    HoldLog,
    TrafficLog,
    ReviewQueue,
    KeyLog,
    PermissionLog,
    SubjectLog,
    AuditLog,
):
    """The whole store. Safe to open from several threads and processes at once."""
