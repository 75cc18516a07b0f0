"""The outer wall of the service: bounds on bytes, time and waiting requests; one error envelope."""

import asyncio
import json
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.refusal import RefusedError, as_refusal, envelope


class Guard:
    """ASGI middleware.

    Args:
        app: what it guards.
        max_bytes: of a request's body, counted while it arrives.
        timeout_seconds: from the head of the request to the head of the answer.
        max_waiting: POST requests in progress at once; more are told to come back.
    """

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, timeout_seconds: float, max_waiting: int
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout = timeout_seconds
        self._max_waiting = max_waiting
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        counts = scope["method"] == "POST"
        if counts and self._waiting >= self._max_waiting:
            await envelope(429)(scope, receive, send)
            return
        self._waiting += counts
        try:
            await self._answer(scope, receive, send)
        finally:
            self._waiting -= counts

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = _Reply(scope, receive, send)
        try:
            self._check_announced(scope)
            async with asyncio.timeout(self._timeout):
                await self._app(scope, self._counting(receive, reply), reply)
        except TimeoutError:
            await reply.refuse(504, f"The answer took longer than {self._timeout:g} s.")
        except Exception as error:
            refusal = as_refusal(error)
            await reply.refuse(refusal.status, str(refusal))

    def _check_announced(self, scope: Scope) -> None:
        length = Headers(scope=scope).get("content-length", "0")
        if int(length) > self._max_bytes:
            raise self._too_large()

    def _counting(self, receive: Receive, reply: "_Reply") -> Receive:
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._max_bytes:
                refusal = self._too_large()
                await reply.refuse(refusal.status, str(refusal))
                raise refusal
            return message

        return counted

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"A request may hold at most {self._max_bytes / 1e6:g} MB.")


class _Reply:
    """Lets a good answer pass; holds an error back until it has the shape of the envelope."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._start: Message = {}
        self._body = b""
        self._begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        if self._start.get("status", 0) < 400:
            self._begun = True
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._end()

    async def refuse(self, status: int, message: str = "") -> None:
        """Answer an envelope, unless an answer is on its way already."""
        if not self._begun:
            self._begun = True
            await envelope(status, message)(self._scope, self._receive, self._send)

    async def _end(self) -> None:
        if not _is_envelope(self._body):
            await self.refuse(self._start["status"])
        elif not self._begun:
            self._begun = True
            await self._send(self._start)
            await self._send({"type": "http.response.body", "body": self._body})


def _is_envelope(body: bytes) -> bool:
    try:
        answer: Any = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and isinstance(answer.get("error"), dict)
