"""What the operational store knows of drift, the champion and work that waits, for Prometheus."""

from collections import Counter
from datetime import timedelta
from typing import get_args

from monitoring.store import Store
from monitoring.store.retrains import Outcome
from monitoring.store.tables import now
from serving.metrics import metrics
from serving.refusal import log_failure
from serving.registry import CHAMPION
from serving.repeating import Repeating

PAUSE_S = 30.0
LOOK_BACK = timedelta(days=7)
STATES = ("waiting", "running", *get_args(Outcome))
SURGING = ("begins", "goes on")


class Gauges(Repeating):
    """A thread that reads them from the store.

    Args:
        store: where monitoring leaves its verdicts.
    """

    def __init__(self, store: Store) -> None:
        super().__init__("gauges", self._read, PAUSE_S)
        self._store = store

    def _read(self) -> None:
        try:
            self._set()
        except Exception as error:
            log_failure("Drift was not read from the store", error)

    def _set(self) -> None:
        gauges = metrics()
        gauges.review.set(self._store.count_review_queue(now() - LOOK_BACK))
        states = Counter(row.state for row in self._store.retrains())
        for state in STATES:
            gauges.retrains.labels(state).set(states[state])
        for move, _ in self._store.recent_moves(CHAMPION, 1):
            gauges.moved.set(move.created_at.timestamp())
            gauges.rolled_back.set(move.is_rollback)
        for verdict, _ in self._store.recent_verdicts(1):
            details = verdict.details
            gauges.verdict.set(verdict.verdict)
            gauges.judged.set(verdict.window_end.timestamp())
            gauges.evidence.set(details["evidence"] / details["threshold"])
            gauges.surge.set(details.get("surge") in SURGING)
