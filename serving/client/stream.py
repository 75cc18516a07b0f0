"""Live speech from a program: samples in, events out."""

import asyncio
import math
import struct
from collections.abc import AsyncIterator

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from serving.client.connection import Connection
from serving.client.errors import UNREACHABLE, ServiceError, refused, unreachable
from serving.streaming.messages import (
    EVENTS,
    SAMPLE_BYTES,
    Done,
    End,
    Event,
    Listening,
    Ready,
    Refused,
    Start,
)

FRAME_S = 0.1
MAX_EVENT_BYTES = 4_000_000


class Stream:
    """One stream to the service; see `AsyncClient.stream`.

    Attributes:
        ready: what the service said when it began to listen.

    Args:
        socket: open, and past the start.
        start: what was said at the start.
        ready: becomes the attribute.
    """

    def __init__(self, socket: ClientConnection, start: Start, ready: Ready) -> None:
        self.ready = ready
        self._socket = socket
        self._bytes_a_second = start.sample_rate * SAMPLE_BYTES
        self._frame_bytes = round(FRAME_S * start.sample_rate) * SAMPLE_BYTES
        self._rest = b""
        self._number = 0
        self._sent_s = 0.0
        self._heard_s = 0.0
        self._heard_more = asyncio.Event()
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._failure: ServiceError | None = None
        self._reading = asyncio.create_task(self._read())

    async def send(self, pcm: bytes) -> None:
        """Send the next samples, of any number; waits where the service is far behind.

        Args:
            pcm: mono 16-bit little-endian samples.

        Raises:
            ServiceError: the service refused, or is gone.
        """
        self._rest += pcm
        while len(self._rest) >= self._frame_bytes:
            await self._send(self._rest[: self._frame_bytes])
            self._rest = self._rest[self._frame_bytes :]

    async def end(self) -> None:
        """Say that all is sent; the remaining events follow.

        Raises:
            ServiceError: the service refused, or is gone.
        """
        if self._rest:
            await self._send(self._rest)
            self._rest = b""
        await self._write(End().model_dump_json())

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The events, up to `done`.

        Raises:
            ServiceError: the service refused, or is gone.
        """
        while (event := await self._events.get()) is not None:
            yield event
        if self._failure:
            raise self._failure

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close()
        await self._reading

    async def _send(self, pcm: bytes) -> None:
        while self._sent_s - self._heard_s > self.ready.ahead_seconds:
            self._heard_more.clear()
            await self._heard_more.wait()
        await self._write(struct.pack("<I", self._number) + pcm)
        self._number += 1
        self._sent_s += len(pcm) / self._bytes_a_second

    async def _write(self, message: bytes | str) -> None:
        try:
            await self._socket.send(message)
        except ConnectionClosed as error:
            await self._reading
            raise self._failure or unreachable("The stream", error, arrived=True) from None

    async def _read(self) -> None:
        """Take events as they come, so that `send` knows how far the service is."""
        try:
            async for said in self._socket:
                if self._is_last(EVENTS.validate_json(said)):
                    break
            else:
                self._failure = ServiceError("The stream broke off.", code=UNREACHABLE)
        except ConnectionClosed as error:
            self._failure = unreachable("The stream", error, arrived=True)
        self._heard(math.inf)
        self._events.put_nowait(None)

    def _is_last(self, event: Event) -> bool:
        if isinstance(event, Refused) and event.start is None:
            self._failure = ServiceError.told(event.error)
            return True
        if isinstance(event, Listening):
            self._heard(event.seconds)
        self._events.put_nowait(event)
        return isinstance(event, Done)

    def _heard(self, seconds: float) -> None:
        self._heard_s = seconds
        self._heard_more.set()


async def opened(connection: Connection, start: Start) -> Stream:
    """Open a stream.

    Raises:
        ServiceError: the service refused, or was not reached.
    """
    url = connection.stream_url
    try:
        socket = await connect(
            url,
            additional_headers=connection.headers,
            compression=None,  # speech is noise to it
            max_size=MAX_EVENT_BYTES,
            open_timeout=connection.timeout,
            proxy=None,
        )
    except InvalidStatus as error:
        told = error.response
        wait = told.headers.get("Retry-After")
        raise refused(url, told.status_code, bytes(told.body or b""), wait) from error
    except (OSError, InvalidHandshake) as error:
        raise unreachable(url, error, arrived=False) from error
    try:
        return Stream(socket, start, await _greeted(socket, start, url))
    except BaseException:
        await socket.close()
        raise


async def _greeted(socket: ClientConnection, start: Start, url: str) -> Ready:
    try:
        await socket.send(start.model_dump_json(exclude_none=True))
        event = EVENTS.validate_json(await socket.recv())
    except ConnectionClosed as error:
        raise unreachable(url, error, arrived=True) from error
    if isinstance(event, Refused):
        raise ServiceError.told(event.error)
    if not isinstance(event, Ready):
        raise ServiceError(f"{url} said {event.type} before it was ready.", code="unknown")
    return event
