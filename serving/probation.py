"""The service lets the champion before answer again where a new one does worse."""

import logging
from contextlib import suppress

from monitoring.probation import roll_back_if_worse
from monitoring.store import ConflictError, Store
from serving.refusal import log_failure
from serving.repeating import Repeating
from undertone.config import PromotionParams

PAUSE_S = 30.0

logger = logging.getLogger("undertone.serving")


class Probation(Repeating):
    """A thread that watches a new champion. Of several workers one rolls back.

    Args:
        store: the operational store.
        params: how long it is watched, and how much worse it may be.
    """

    def __init__(self, store: Store, params: PromotionParams) -> None:
        super().__init__("probation", self._watch, PAUSE_S)
        self._store = store
        self._params = params

    def _watch(self) -> None:
        try:
            with suppress(ConflictError):  # another worker was faster
                if reason := roll_back_if_worse(self._store, self._params):
                    logger.warning("%s", reason)
        except Exception as error:
            log_failure("The new champion was not watched", error)
