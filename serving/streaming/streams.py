"""All streams of a worker: as many as there is room for."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from starlette.websockets import WebSocket, WebSocketDisconnect

from serving.metrics import metrics
from serving.refusal import RefusedError, as_refusal
from serving.streaming.judging import Judge
from serving.streaming.line import Line
from serving.streaming.session import hear
from undertone.config import StreamingParams


class Streams:
    """Serves `/stream`.

    Args:
        judge: answers.
        params: the bounds.
    """

    def __init__(self, judge: Judge, params: StreamingParams) -> None:
        self._judge = judge
        self._params = params
        self._open = 0
        self._thread = ThreadPoolExecutor(1, "hearing")

    async def serve(self, socket: WebSocket) -> None:
        """Serve one caller until either side ends it."""
        await socket.accept()
        line = Line(socket, self._params.idle_seconds)
        self._count(1)
        try:
            await self._hear(line)
        except WebSocketDisconnect:
            return
        except Exception as error:
            await line.refuse(as_refusal(error))
        else:
            await line.close()
        finally:
            self._count(-1)

    def close(self) -> None:
        """Hear no more."""
        self._thread.shutdown(cancel_futures=True)

    async def _hear(self, line: Line) -> None:
        if self._open > self._params.streams:
            raise RefusedError(
                429,
                f"{self._params.streams} streams are open already (streaming.streams).",
                "Try again when one has ended.",
            )
        try:
            async with asyncio.timeout(self._params.max_seconds):
                await hear(self._judge, line, self._params, self._thread)
        except TimeoutError:
            raise RefusedError(
                408,
                f"The stream took more than {self._params.max_seconds:g} seconds "
                "(streaming.max_seconds).",
                "Open another one.",
            ) from None

    def _count(self, change: int) -> None:
        self._open += change
        metrics().streams.set(self._open)
