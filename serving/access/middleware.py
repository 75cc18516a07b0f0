"""The door of the service: no body is read before its sender may do what is asked."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.access.gatekeeper import Gatekeeper
from serving.access.routes import needed
from serving.refusal import RefusedError, as_refusal, refused
from undertone.config import AccessParams

PROTOCOL = "undertone"
CREDENTIAL_PREFIX = "bearer."  # of a subprotocol that carries the key


class Access:
    """ASGI middleware.

    Browsers cannot set headers of a WebSocket: they offer the subprotocols `undertone` and
    `bearer.KEY`, of which the first is accepted.

    Args:
        app: what it stands before.
        access: who may pass.
    """

    def __init__(self, app: ASGIApp, *, access: AccessParams) -> None:
        self._app = app
        self._gatekeeper = Gatekeeper(access)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request or WebSocket pass, or refuse it."""
        wanted = needed(scope["path"]) if scope["type"] in ("http", "websocket") else None
        if wanted is None:
            await self._app(scope, receive, send)
            return
        try:
            await asyncio.to_thread(self._gatekeeper.admit, _credential(scope), wanted)
        except Exception as error:
            await _refuse(as_refusal(error), scope, receive, send)
            return
        await self._app(scope, receive, _accepting(scope, send))


def _credential(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    kind, _, credential = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return credential.strip()
    if "x-api-key" in headers:
        return headers["x-api-key"].strip()
    for offered in scope.get("subprotocols", ()):
        if offered.startswith(CREDENTIAL_PREFIX):
            return str(offered).removeprefix(CREDENTIAL_PREFIX)
    return None


def _accepting(scope: Scope, send: Send) -> Send:
    """Choose the plain subprotocol for an app that chooses none: browsers insist on one."""
    if PROTOCOL not in scope.get("subprotocols", ()):
        return send

    async def chosen(message: Message) -> None:
        if message["type"] == "websocket.accept" and not message.get("subprotocol"):
            message["subprotocol"] = PROTOCOL
        await send(message)

    return chosen


async def _refuse(refusal: RefusedError, scope: Scope, receive: Receive, send: Send) -> None:
    plain_close = "websocket.http.response" not in scope.get("extensions", {})
    if scope["type"] == "websocket" and plain_close:
        await send({"type": "websocket.close", "code": 1008, "reason": str(refusal)})
    else:
        await refused(refusal)(scope, receive, send)
