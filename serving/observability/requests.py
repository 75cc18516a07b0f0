"""Every request has an id, which its answer, its errors and its log lines name."""

import logging
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitoring.store.tables import new_id
from serving.access.routes import route_of
from serving.metrics import metrics
from serving.observability.current import CurrentRequest, current
from serving.refusal import code_of

logger = logging.getLogger("undertone.access")

ID_HEADER = "X-Request-ID"
PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
PROBES = ("/livez", "/readyz", "/healthz", "/metrics")


class Requests:
    """ASGI middleware: gives each request its id, and logs and counts how it ended.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Follow one request or WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(ID_HEADER, "")
        request = CurrentRequest(given if PLAIN.fullmatch(given) else new_id())
        outcome = _Outcome(request, send)
        token = current.set(request)
        started = time.perf_counter()
        try:
            await self._app(scope, receive, outcome)
        finally:
            _tell(scope, request, outcome.status, time.perf_counter() - started)
            current.reset(token)


class _Outcome:
    """Passes an answer on, its id added, and remembers the status."""

    def __init__(self, request: CurrentRequest, send: Send) -> None:
        self._request, self._send = request, send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
        elif message["type"] == "websocket.accept":
            self.status = 101
        if "headers" in message:
            MutableHeaders(scope=message)[ID_HEADER] = str(self._request.id)
        await self._send(message)


def _tell(scope: Scope, request: CurrentRequest, status: int, seconds: float) -> None:
    route = route_of(scope["path"])
    metrics().requests.labels(route, status).observe(seconds)
    if status >= 400:
        metrics().errors.labels(code_of(status), route).inc()
    facts = {
        "method": scope.get("method", "WEBSOCKET"),
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "key": request.caller,
    }
    logger.log(
        logging.DEBUG if route in PROBES else logging.INFO, "request", extra={"facts": facts}
    )
