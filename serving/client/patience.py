"""When a client asks again, and after how long."""

from collections.abc import Mapping
from typing import Any

from tenacity import (
    RetryCallState,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_fixed,
    wait_random_exponential,
)

from serving.client.errors import UNREACHABLE, ServiceError

BUSY = ("busy", "not_ready")
BUSY_STATUSES = (429, 503)
PAUSE_S = 0.2
LONGEST_WAIT_S = 30.0  # longer than that a caller should decide
_BACKOFF = wait_random_exponential(multiplier=0.5, max=8)


def patience(retries: int, *, repeatable: bool) -> Mapping[str, Any]:
    """How a call is repeated, for tenacity: with growing, random pauses, or as long as told.

    A call is asked again where the service refused it unheard (429, 503) or had no chance to hear
    it. Where the connection broke later, the service may have heard it: then only a call that is
    `repeatable` is asked again.
    """

    def again(error: BaseException) -> bool:
        if not isinstance(error, ServiceError) or error.retry_after_s > LONGEST_WAIT_S:
            return False
        if error.code == UNREACHABLE:
            return repeatable or not error.arrived
        return error.status in BUSY_STATUSES or error.code in BUSY

    return {
        "stop": stop_after_attempt(retries + 1),
        "wait": _pause,
        "retry": retry_if_exception(again),
        "reraise": True,
    }


def until(timeout: float) -> Mapping[str, Any]:
    """Ask until there is an answer, for `timeout` seconds at most."""
    return {
        "stop": stop_after_delay(timeout),
        "wait": wait_fixed(PAUSE_S),
        "retry": retry_if_exception_type(ServiceError),
        "reraise": True,
    }


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    told = error.retry_after_s if isinstance(error, ServiceError) else 0.0
    return told + _BACKOFF(state)
