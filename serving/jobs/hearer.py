"""One long recording through the service, utterance by utterance."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, BinaryIO, TypeVar

from serving.forms import Utterance
from serving.jobs.folder import JobFolder
from serving.jobs.schemas import Job, JudgedPassage
from serving.refusal import RefusedError, as_refusal, problem
from serving.schemas import Answer
from undertone.audio import wav
from undertone.config import Params
from undertone.errors import UndertoneError
from undertone.long import Hearing, Tally
from undertone.prediction import Segment, Word
from undertone.streaming import Spoken

PATIENCE_S = 600.0

Answering = Callable[[Utterance, float], Awaitable[Answer]]
Timed = TypeVar("Timed", Word, Segment)


class Hearer:
    """Hears a recording in a thread of its own, and has its utterances answered one at a time.

    Between two of them whoever else waits is answered: a recording of hours holds nobody up.

    Args:
        job: told how far it is.
        folder: takes the answers.
        file: the recording; it is closed in the end.
        asked: what is asked about each utterance.
        answer: answers it.
        params: of the service.
    """

    def __init__(
        self,
        job: Job,
        folder: JobFolder,
        file: BinaryIO,
        asked: Utterance,
        answer: Answering,
        params: Params,
    ) -> None:
        self._job = job
        self._folder = folder
        self._file = file
        self._asked = asked
        self._answer = answer
        self._params = params
        self._tally = Tally()
        self._thread = ThreadPoolExecutor(1, "hearing")

    async def hear(self) -> None:
        """Hear all of it.

        Raises:
            AudioError: the recording cannot be decoded to its end.
            RefusedError: nobody can answer.
        """
        hearing = await self._run(Hearing, self._file, self._params)
        blocks = iter(hearing)
        while (spoken := await self._run(next, blocks, None)) is not None:
            self._job.seconds, self._job.total_seconds = hearing.seconds, hearing.total_seconds
            for utterance in spoken:
                await self._judge(utterance)
        self._job.summary = self._tally.summary(hearing.seconds)

    def close(self) -> None:
        """Let go of the file, once the thread is done with it."""
        self._thread.submit(self._file.close)
        self._thread.shutdown(wait=False)

    async def _judge(self, spoken: Spoken) -> None:
        passage = JudgedPassage(start=spoken.start, end=spoken.end, speech_s=spoken.speech_s)
        asked = replace(self._asked, audio=wav(spoken.samples))
        try:
            answer = await self._answered(asked)
        except UndertoneError as error:
            refusal = as_refusal(error)
            passage.problem = problem(refusal.status, str(refusal), refusal.hint)
            self._tally.unjudged += 1
        else:
            passage.answer = _moved(answer, spoken.start)
            self._tally.add(passage, passage.answer)
            self._job.utterances = self._tally.utterances
        await self._run(self._folder.append, passage)

    async def _answered(self, asked: Utterance) -> Answer:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return await self._answer(asked, time.perf_counter())
            except RefusedError as refusal:
                if refusal.status != 503 or time.monotonic() > until:
                    raise
                await asyncio.sleep(refusal.retry_after_s)

    async def _run(self, function: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *given)


def _moved(answer: Answer, seconds: float) -> Answer:
    """An answer about an utterance, its times those of the recording."""
    transcript = answer.transcript
    if transcript is not None:
        words = [_later(word, seconds) for word in transcript.words]
        transcript = transcript.model_copy(update={"words": words})
    timeline = answer.timeline and [_later(segment, seconds) for segment in answer.timeline]
    return answer.model_copy(update={"transcript": transcript, "timeline": timeline})


def _later(timed: Timed, seconds: float) -> Timed:
    return timed.model_copy(update={"start": timed.start + seconds, "end": timed.end + seconds})
