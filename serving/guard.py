"""The outer wall of the service: bounds on bytes, time and waiting requests; one error envelope."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.refusal import RefusedError, as_refusal, envelope, refused


@dataclass(frozen=True)
class Bounds:
    """What a request may take.

    Attributes:
        max_bytes: of its body, counted while it arrives.
        seconds: from its head to the head of the answer.
    """

    max_bytes: int
    seconds: float


class Guard:
    """ASGI middleware.

    Args:
        app: what it guards.
        bounds: of a request.
        by_path: bounds of requests to some paths.
        stall_seconds: for which a body may stop arriving.
        max_waiting: POST requests in progress at once; more are told to come back.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        bounds: Bounds,
        by_path: Mapping[str, Bounds],
        stall_seconds: float,
        max_waiting: int,
    ) -> None:
        self._app = app
        self._bounds = bounds
        self._by_path = by_path
        self._stall = stall_seconds
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
        bounds = self._by_path.get(scope["path"], self._bounds)
        reply = _Reply(scope, receive, send)
        body = _Body(receive, reply, bounds.max_bytes, self._stall)
        try:
            _check_announced(scope, bounds.max_bytes)
            async with asyncio.timeout(bounds.seconds):
                await self._app(scope, body, reply)
        except TimeoutError:
            await reply.refuse(_late(bounds.seconds, whole=body.whole))
        except Exception as error:
            await reply.refuse(as_refusal(error))


class _Body:
    """A request's body as it arrives, refused where it is too large or stops for too long.

    It is refused here and now: whoever reads it might make another error of that.
    """

    def __init__(
        self, receive: Receive, reply: "_Reply", max_bytes: int, stall_seconds: float
    ) -> None:
        self._receive = receive
        self._reply = reply
        self._max_bytes = max_bytes
        self._stall = stall_seconds
        self._arrived = 0
        self.whole = False

    async def __call__(self) -> Message:
        """The next message of the server's."""
        try:
            async with asyncio.timeout(None if self.whole else self._stall):
                message = await self._receive()
        except TimeoutError:
            raise await self._refused(_late(self._stall, whole=False)) from None
        self._arrived += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        if self._arrived > self._max_bytes:
            raise await self._refused(_too_large(self._max_bytes))
        return message

    async def _refused(self, refusal: RefusedError) -> RefusedError:
        await self._reply.refuse(refusal)
        return refusal


def _check_announced(scope: Scope, max_bytes: int) -> None:
    length = Headers(scope=scope).get("content-length", "0")
    if int(length) > max_bytes:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> RefusedError:
    return RefusedError(413, f"A request may hold at most {max_bytes / 1e6:g} MB.")


def _late(seconds: float, *, whole: bool) -> RefusedError:
    if whole:
        return RefusedError(504, f"The answer took longer than {seconds:g} s.")
    return RefusedError(408, f"The body did not arrive within {seconds:g} s.")


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

    async def refuse(self, refusal: RefusedError) -> None:
        """Answer an envelope, unless an answer is on its way already."""
        if not self._begun:
            self._begun = True
            await refused(refusal)(self._scope, self._receive, self._send)

    async def _end(self) -> None:
        if not _is_envelope(self._body):
            await self.refuse(RefusedError(self._start["status"]))
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
