"""Requests without BentoML's own timer."""

from bentoml._internal.server.http import traffic
from starlette.types import ASGIApp, Receive, Scope, Send


class Untimed:
    """Stands in for BentoML's `TimeoutMiddleware`, and lets requests through.

    That one starts a timer for each request and never cancels it: the request's context, some 5 kB,
    stays in memory until the time has run out, long after the answer (BentoML 1.4). The guard
    bounds the time of requests here.
    """

    def __init__(self, app: ASGIApp, timeout: float) -> None:  # noqa: ARG002
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        await self._app(scope, receive, send)


def leave_time_to_the_guard() -> None:
    """Let the services of this process start no timers."""
    traffic.TimeoutMiddleware = Untimed  # type: ignore[misc, assignment]
