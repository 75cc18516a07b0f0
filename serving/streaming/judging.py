"""The utterances of one stream, judged while they are spoken and when they have ended."""

import asyncio
import time
from collections.abc import Awaitable
from concurrent.futures import Executor
from dataclasses import replace
from typing import Protocol

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from serving.forms import Utterance
from serving.refusal import RefusedError, as_refusal, problem
from serving.schemas import Answer
from serving.streaming.line import Line
from serving.streaming.messages import Final, Provisional, Refused
from undertone.audio import wav
from undertone.prediction import Prediction
from undertone.streaming import Spoken

ATTEMPTS = 3


class Judge(Protocol):
    """What a stream needs of the service."""

    def admit(self, utterance: Utterance) -> Awaitable[str]:
        """Make sure that what is asked can be answered, and tell by which model."""
        ...

    def glance(self, utterance: Utterance) -> Awaitable[Prediction]:
        """The emotion of an utterance that is still being spoken."""
        ...

    def answer(self, utterance: Utterance, started: float) -> Awaitable[Answer]:
        """Judge an utterance and keep the prediction."""
        ...


class Judging:
    """At most one utterance of a stream is being judged for good, and one on the way.

    Attributes:
        answered: utterances so far.

    Args:
        judge: answers.
        line: to the caller, who is told.
        utterance: what all utterances of the stream have in common.
        thread: makes the files that are judged.
    """

    def __init__(self, judge: Judge, line: Line, utterance: Utterance, thread: Executor) -> None:
        self.answered = 0
        self._judge = judge
        self._line = line
        self._utterance = utterance
        self._thread = thread
        self._final: asyncio.Task[None] | None = None
        self._provisional: asyncio.Task[None] | None = None

    @property
    def glancing(self) -> bool:
        """Whether an utterance is being judged on the way."""
        return self._provisional is not None and not self._provisional.done()

    def glance(self, spoken: Spoken) -> None:
        """Begin to judge an utterance that is being spoken."""
        self._provisional = asyncio.create_task(self._glance(spoken))

    async def conclude(self, spoken: Spoken) -> None:
        """Begin to judge an utterance that has ended, once the one before it is answered."""
        if self._provisional:
            self._provisional.cancel()
        await self.concluded()
        self._final = asyncio.create_task(self._conclude(spoken))

    async def concluded(self) -> None:
        """Wait for the last answer; to be cancelled here does not cancel it.

        Raises:
            RefusedError: there is none, nor will there be others.
        """
        if self._final:
            await asyncio.wait([self._final])
            self._final.result()

    def check(self) -> None:
        """See to it that a stream does not go on without answers.

        Raises:
            RefusedError: the last utterance was not answered, nor would be others.
        """
        if self._final and self._final.done():
            self._final.result()

    async def settle(self) -> None:
        """Answer what has ended, drop what has not, and leave nothing running."""
        if self._provisional:
            self._provisional.cancel()
        running = [task for task in (self._final, self._provisional) if task]
        await asyncio.gather(*running, return_exceptions=True)

    async def _conclude(self, spoken: Spoken) -> None:
        started = time.perf_counter()
        try:
            utterance = await self._with_audio(spoken)
            async for attempt in _patience():
                with attempt:
                    answer = await self._judge.answer(utterance, started)
        except Exception as error:
            await self._excuse(as_refusal(error), spoken)
            return
        self.answered += 1
        await self._line.tell(Final.of(answer, spoken.start, spoken.end))

    async def _excuse(self, refusal: RefusedError, spoken: Spoken) -> None:
        """One utterance that cannot be used does not end the stream; all else does."""
        if refusal.status != 422:
            raise refusal
        told = problem(refusal.status, str(refusal), refusal.hint)
        await self._line.tell(Refused(error=told, start=spoken.start, end=spoken.end))

    async def _glance(self, spoken: Spoken) -> None:
        utterance = replace(await self._with_audio(spoken), transcribe=False, timeline=False)
        try:
            prediction = await self._judge.glance(utterance)
            told = utterance.view.of(prediction) if utterance.view else prediction
        except Exception as error:
            as_refusal(error)  # logs what no caller can mend; the final answer tells the caller
            return
        await self._line.tell(Provisional.of(told, spoken.start, spoken.end))

    async def _with_audio(self, spoken: Spoken) -> Utterance:
        loop = asyncio.get_running_loop()
        audio = await loop.run_in_executor(self._thread, wav, spoken.samples)
        return replace(self._utterance, audio=audio)


def _patience() -> AsyncRetrying:
    """Ask again where too much waits for now; no more is read from the caller meanwhile."""
    return AsyncRetrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=_as_told,
        retry=retry_if_exception(lambda error: getattr(error, "status", 0) == 503),
        reraise=True,
    )


def _as_told(state: RetryCallState) -> float:
    refusal = state.outcome.exception() if state.outcome else None
    return refusal.retry_after_s if isinstance(refusal, RefusedError) else 1.0
