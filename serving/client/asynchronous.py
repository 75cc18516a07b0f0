"""The client for asyncio, which can also stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx
from tenacity import AsyncRetrying

from serving.client import calls
from serving.client.calls import Call, Wishes
from serving.client.connection import Connection
from serving.client.errors import failed
from serving.client.patience import patience, until
from serving.client.stream import Stream, opened
from serving.schemas import Answer, ModelStatus
from serving.streaming.messages import Start

T = TypeVar("T")


class AsyncClient:
    """Asks a running service from asyncio; the same calls as `Client`'s, awaited.

    Args:
        url: where it listens.
        timeout: seconds to wait for an answer.
        key: an API key or token, where the service needs one.
        retries: how often a call is asked again, see `serving.client.patience`.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:3000",
        timeout: float = 60.0,
        *,
        key: str | None = None,
        retries: int = 3,
    ) -> None:
        self._connection = Connection(url, timeout, key, retries)
        self._http = httpx.AsyncClient(**self._connection.settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def predict(
        self,
        audio: Path | bytes | None = None,
        text: str | None = None,
        image: Path | bytes | None = None,
        **wishes: Unpack[Wishes],
    ) -> Answer:
        """The emotion of an utterance, as `Client.predict`."""
        return await self._ask(await asyncio.to_thread(calls.predict, audio, text, image, wishes))

    async def feedback(
        self, prediction_id: str, emotion: str, *, source: str, role: str | None = None
    ) -> None:
        """Tell what an emotion really was, as `Client.feedback`."""
        await self._ask(calls.feedback(prediction_id, emotion, source, role))

    async def forget(self, speaker_id: str) -> dict[str, int]:
        """Delete all that is kept of a speaker, as `Client.forget`."""
        return await self._ask(calls.forget(speaker_id))

    async def model(self) -> ModelStatus:
        """Which model answers, as `Client.model`."""
        return await self._ask(calls.model())

    async def wait_for_champion(self, tag: str, timeout: float = 60.0) -> None:
        """Wait until `tag` answers, as `Client.wait_for_champion`."""
        await self._ask(calls.champion_is(tag), **until(timeout))

    async def wait_ready(self, timeout: float = 60.0) -> None:
        """Wait until a champion answers, as `Client.wait_ready`."""
        await self._ask(calls.ready(), **until(timeout))

    @asynccontextmanager
    async def stream(self, start: Start | None = None) -> AsyncIterator[Stream]:
        """Speak to the service, and be answered meanwhile.

        Args:
            start: what will be sent, and what is wanted of it; 16 kHz without it.

        Raises:
            ServiceError: the service refused, or was not reached.

        Example:
            >>> async with client.stream() as stream:  # doctest: +SKIP
            ...     await stream.send(pcm)
            ...     await stream.end()
            ...     async for event in stream:
            ...         print(event)
        """
        how = patience(self._connection.retries, repeatable=True)
        stream: Stream = await AsyncRetrying(**how)(opened, self._connection, start or Start())
        try:
            yield stream
        finally:
            await stream.close()

    async def _ask(self, call: Call[T], **repeating: Any) -> T:
        how = repeating or patience(self._connection.retries, repeatable=call.repeatable)
        return await AsyncRetrying(**how)(self._ask_once, call)

    async def _ask_once(self, call: Call[T]) -> T:
        try:
            response = await self._http.request(call.method, call.path, **call.content)
        except httpx.HTTPError as error:
            raise failed(self._connection.url, error) from error
        return call.answer(response)
