"""Drift and surges that somebody is told of at once, by a webhook."""

import logging
import os
from datetime import timedelta
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from monitoring.store import Store, VerdictRow
from monitoring.store.tables import now
from undertone.addresses import is_private
from undertone.errors import ConfigError

WEBHOOK = "UNDERTONE_WEBHOOK"  # the address is a secret: it is in no settings and no log
FRESH = timedelta(days=1)  # what is older is no news
TIMEOUT_S = 10.0

logger = logging.getLogger("undertone.monitoring")
logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses


def send_alerts(store: Store) -> int:
    """Tell the webhook of alerts that it has not been told of.

    A verdict is marked when the webhook has taken it. One that was not taken is told of by the next
    run, and one whose run died in between twice: its `verdict_id` tells.

    Returns:
        How many it took.

    Raises:
        ConfigError: the address is not one of https.
    """
    address = os.environ.get(WEBHOOK)
    if not address:
        return 0
    if not is_private(address):
        raise ConfigError(f"{WEBHOOK} must be an https:// address.")
    waiting = store.untold_verdicts(now() - FRESH)
    for taken, verdict in enumerate(waiting):
        try:
            _post(address, _message(verdict))
        except httpx.HTTPError as error:
            problem = type(error).__name__
            logger.error("The webhook did not take verdict %s: %s", verdict.id, problem)  # noqa: TRY400
            return taken
        store.mark_told(verdict.id)
    return len(waiting)


def _post(address: str, message: dict[str, Any]) -> None:
    again = Retrying(
        retry=retry_if_exception_type(httpx.HTTPError),
        stop=stop_after_attempt(3),
        wait=wait_random_exponential(multiplier=0.2, max=5),
        reraise=True,
    )
    for attempt in again:
        with attempt:
            httpx.post(address, json=message, timeout=TIMEOUT_S).raise_for_status()


def _message(verdict: VerdictRow) -> dict[str, Any]:
    """`text` is what Slack, Mattermost and their like show."""
    return {
        "text": f"Undertone, {verdict.champion}: {verdict.alert}",
        "verdict": verdict.verdict,
        "surge": verdict.details.get("surge"),
        "verdict_id": verdict.id,
        "champion": verdict.champion,
        "window_start": verdict.window_start.isoformat(),
        "window_end": verdict.window_end.isoformat(),
    }
