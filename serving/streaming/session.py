"""One stream: frames in, utterances to the judge."""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

from monitoring.store.tables import new_id
from serving.forms import Utterance
from serving.streaming.frames import Frames
from serving.streaming.judging import Judge, Judging
from serving.streaming.line import Line
from serving.streaming.messages import Done, Listening, Ready, Start
from undertone.config import StreamingParams
from undertone.streaming import Segmenter, Spoken
from undertone.streaming.resampling import Resampler
from undertone.view import View

T = TypeVar("T")


async def hear(judge: Judge, line: Line, params: StreamingParams, thread: Executor) -> None:
    """Hear one caller, from the start message to the end.

    What had ended when a caller leaves is judged and kept; what they were saying is dropped.

    Args:
        judge: answers.
        line: to the caller.
        params: where utterances end, and the bounds.
        thread: hears, off the event loop.

    Raises:
        RefusedError: they sent what cannot be taken, or cannot be answered.
        WebSocketDisconnect: they are gone.
    """
    start = await line.start()
    utterance = _utterance(start)
    ready = Ready(
        call_id=str(utterance.call_id),
        model_tag=await judge.admit(utterance),
        ahead_seconds=params.ahead_seconds,
        max_seconds=params.max_seconds,
    )
    judging = Judging(judge, line, utterance, thread)
    session = Session(start, line, judging, params, thread)
    try:
        await session.begin()
        await line.tell(ready)
        await session.listen()
    finally:
        await judging.settle()
    await line.tell(Done(seconds=session.seconds, utterances=judging.answered))


class Session:
    """The hearing of one stream.

    Args:
        start: what the caller said will come.
        line: to the caller.
        judging: takes utterances.
        params: where utterances end, and the bounds.
        thread: hears, off the event loop.
    """

    def __init__(
        self, start: Start, line: Line, judging: Judging, params: StreamingParams, thread: Executor
    ) -> None:
        self._start = start
        self._line = line
        self._judging = judging
        self._params = params
        self._thread = thread
        self._frames = Frames(start.sample_rate, params.max_seconds)
        self._resampler = Resampler(start.sample_rate)
        self._judged_at = -math.inf

    @property
    def seconds(self) -> float:
        """Audio so far."""
        return self._frames.seconds

    async def begin(self) -> None:
        """Load what it takes to hear."""
        self._segmenter = await self._off_the_loop(Segmenter, self._params)

    async def listen(self) -> None:
        """Hear frames until the end message, no faster than the settings allow.

        Raises:
            RefusedError: the caller sent what cannot be taken, or cannot be answered.
            WebSocketDisconnect: the caller is gone.
        """
        began = time.monotonic()
        while (frame := await self._line.frame()) is not None:
            whole_seconds = int(self.seconds)
            await self._hear(self._frames.take(frame))
            if int(self.seconds) > whole_seconds:
                told = Listening(seconds=self.seconds, speaking=self._segmenter.speaking)
                await self._line.tell(told)
            due = began + self.seconds / self._params.speed
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await self._hear(b"", last=True)
        await self._judging.concluded()

    async def _hear(self, pcm: bytes, *, last: bool = False) -> None:
        for spoken in await self._off_the_loop(self._segment, pcm, last):
            self._judged_at = -math.inf
            await self._judging.conclude(spoken)
        self._judging.check()
        if self._is_due() and (current := self._segmenter.current):
            self._judged_at = self._segmenter.seconds
            self._judging.glance(current)

    def _segment(self, pcm: bytes, last: bool) -> list[Spoken]:
        ended = self._segmenter.push(self._resampler(pcm, last=last))
        still_open = self._segmenter.finish() if last else None
        return [*ended, still_open] if still_open else ended

    def _is_due(self) -> bool:
        """Whether the utterance that is being spoken is judged now: never two at a time."""
        waited = self._segmenter.seconds - self._judged_at
        return (
            self._start.provisional
            and not self._judging.glancing
            and self._segmenter.spoken_s >= self._params.first_seconds
            and waited >= self._params.provisional_seconds
        )

    async def _off_the_loop(self, function: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *given)


def _utterance(start: Start) -> Utterance:
    """What all utterances of a stream have in common."""
    labels = start.labels
    names = labels if isinstance(labels, dict) else {name: name for name in labels or ()}
    return Utterance(
        speaker_id=start.speaker_id,
        call_id=start.call_id or new_id(),
        channel=start.channel,
        tenant=start.tenant,
        role=start.role,
        purpose=start.purpose,
        consent=start.consent,
        timeline=start.timeline,
        transcribe=start.transcript,
        words=start.words,
        language=start.language,
        view=None if labels is None else View(names),
    )
