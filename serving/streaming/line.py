"""A WebSocket as a stream uses it: messages in, events out, a code at the end."""

import asyncio
import contextlib
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from serving.refusal import RefusedError, invalid, problem
from serving.streaming.messages import End, Refused, Start

MAX_CHARACTERS = 10_000
# RFC 6455: 1002 protocol error, 1003 unsupported data, 1007 unusable payload, 1008 policy,
# 1009 too big, 1011 internal error, 1013 try again later.
CLOSE_CODES = {400: 1002, 401: 1008, 403: 1008, 408: 1008, 413: 1009, 415: 1003, 422: 1007}
CLOSE_CODES |= {429: 1013, 500: 1011, 503: 1013, 504: 1011}
OTHER_CODE = 1011
Message = TypeVar("Message", bound=BaseModel)


class Line:
    """One caller's line.

    Args:
        socket: accepted.
        idle_seconds: without a message, after which the caller is given up.
    """

    def __init__(self, socket: WebSocket, idle_seconds: float) -> None:
        self._socket = socket
        self._idle = idle_seconds

    async def start(self) -> Start:
        """The first message.

        Raises:
            RefusedError: it is another, or a field of it is wrong.
            WebSocketDisconnect: the caller is gone.
        """
        said = await self._receive()
        if isinstance(said, bytes):
            raise RefusedError(
                400, "Frames came before the start message.", 'Send {"type": "start"} first.'
            )
        return _read(Start, said)

    async def frame(self) -> bytes | None:
        """The next binary frame; none where the caller ends the stream.

        Raises:
            RefusedError: nothing came for too long, or a message that is neither.
            WebSocketDisconnect: the caller is gone.
        """
        said = await self._receive()
        if isinstance(said, str):
            _read(End, said)
            return None
        return said

    async def tell(self, event: BaseModel) -> None:
        """Send an event; to a caller who is gone nothing is told."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.send_text(event.model_dump_json())

    async def close(self) -> None:
        """End a stream that went well."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.close(1000)

    async def refuse(self, refusal: RefusedError) -> None:
        """End a stream with the reason."""
        told = problem(refusal.status, str(refusal), refusal.hint)
        await self.tell(Refused(error=told))
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.close(CLOSE_CODES.get(refusal.status, OTHER_CODE), told.code)

    async def _receive(self) -> bytes | str:
        try:
            async with asyncio.timeout(self._idle):
                message = await self._socket.receive()
        except TimeoutError:
            raise RefusedError(
                408,
                f"Nothing came for {self._idle:g} seconds (streaming.idle_seconds).",
                'Send silence too, and {"type": "end"} at the end.',
            ) from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"], message.get("reason"))
        frame: bytes | None = message.get("bytes")
        text: str = message.get("text") or ""
        return text if frame is None else frame


def _read(kind: type[Message], said: str) -> Message:
    if len(said) > MAX_CHARACTERS:
        raise RefusedError(413, f"A message may have at most {MAX_CHARACTERS} characters.")
    try:
        return kind.model_validate_json(said)
    except ValidationError as error:
        raise invalid(error) from None
