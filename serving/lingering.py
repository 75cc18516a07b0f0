"""Hanging up on those who go on sending after they were answered."""

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_S = 2.0


class Lingering:
    """ASGI middleware: an answer that did not wait for the body closes the connection.

    It is closed a moment later, as a caller who is still sending might not see the answer
    otherwise. Without that the server would read on for as long as something drips in.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        exchange = _Exchange(receive, send)
        exchange.arriving = (
            headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        )
        await self._app(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request and its answer.

    Attributes:
        arriving: whether there is more of the body to come.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.arriving = False
        self._closing = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.arriving = message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self.arriving:
            self._closing = True
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        if self._closing and message["type"] == "http.response.body":
            last = not message.get("more_body", False)
            await self._send({**message, "more_body": True})
            if not last:
                return
            await self._linger()
            message = {"type": "http.response.body"}
        await self._send(message)

    async def _linger(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while self.arriving:
                    await self.receive()
