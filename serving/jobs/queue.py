"""Which long recordings are heard, which wait, and which are told to come back."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from monitoring.store.tables import new_id
from serving.forms import Utterance
from serving.jobs.folder import JobFolder, JobFolders
from serving.jobs.hearer import Answering, Hearer
from serving.jobs.schemas import Job, State
from serving.refusal import RefusedError, as_refusal, problem
from undertone.config import Params

LOOK_S = 0.5
STOPPED_WITHIN_S = 10.0
RETRY_AFTER_S = 30.0

Result = TypeVar("Result")


class Jobs:
    """The long recordings that this process hears, and the answers of all.

    Args:
        answer: answers one utterance, as for any other caller.
        params: `long` says how many are taken and how long they are kept.
    """

    def __init__(self, answer: Answering, params: Params) -> None:
        self._answer = answer
        self._params = params
        self._folders = JobFolders.here(params.long.keep_hours)
        self._turn = asyncio.Semaphore(params.long.running)
        self._disk = ThreadPoolExecutor(1, "jobs")
        self._arriving = 0
        self._jobs: set[asyncio.Task[None]] = set()
        self._folders.sweep()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Keep a place while a recording arrives.

        Raises:
            RefusedError: there is none.
        """
        taken = len(self._jobs) + self._arriving
        if taken >= self._params.long.running + self._params.long.waiting:
            raise RefusedError(
                429,
                f"{taken} long recordings are being heard or wait already.",
                "Try again in some minutes, or add workers.",
                retry_after_s=RETRY_AFTER_S,
            )
        self._arriving += 1
        try:
            yield
        finally:
            self._arriving -= 1

    async def start(self, asked: Utterance, file: BinaryIO) -> Job:
        """Take a recording.

        Args:
            asked: what is asked about each of its utterances, which are one conversation.
            file: the recording, which is closed in the end.
        """
        job = Job(job_id=new_id(), created_at=time.time(), speaker_id=asked.speaker_id)
        asked = replace(asked, call_id=asked.call_id or job.job_id)
        await self._on_disk(self._folders.sweep)
        folder = await self._on_disk(self._folders.create, job)
        hearer = Hearer(job, folder, file, asked, self._answer, self._params)
        task = asyncio.create_task(self._follow(job, folder, hearer))
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)
        return job

    async def get(self, job_id: str) -> Job:
        """A job, as of half a second ago.

        Raises:
            RefusedError: there is none.
        """
        return (await self._on_disk(self._folders.find, job_id))[1]

    async def answers(self, job_id: str) -> Path:
        """The file of a job's answers so far.

        Raises:
            RefusedError: there is no such job.
        """
        return (await self._on_disk(self._folders.find, job_id))[0].answers

    async def stop(self, job_id: str) -> Job:
        """Stop a job, whose answers so far stay; or forget one that is finished.

        Raises:
            RefusedError: there is none.
        """
        folder, job = await self._on_disk(self._folders.find, job_id)
        if job.finished:
            await self._on_disk(folder.delete)
            return job
        await self._on_disk(folder.ask_to_stop)
        until = time.monotonic() + STOPPED_WITHIN_S
        while not (job := await self.get(job_id)).finished and time.monotonic() < until:
            await asyncio.sleep(LOOK_S / 2)
        return job

    def close(self) -> None:
        """Leave off: what is not finished will be found interrupted."""
        for task in self._jobs:
            task.cancel()
        self._disk.shutdown()

    async def _follow(self, job: Job, folder: JobFolder, hearer: Hearer) -> None:
        """See a job through: save how far it is, and stop it when that is asked."""
        work = asyncio.create_task(self._in_turn(job, hearer))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=LOOK_S)
                if await self._on_disk(self._look, job, folder):
                    work.cancel()
            _settle(job, work)
            await self._on_disk(folder.save, job)
        finally:
            work.cancel()
            hearer.close()
            folder.release()

    async def _in_turn(self, job: Job, hearer: Hearer) -> None:
        async with self._turn:
            job.state = State.RUNNING
            await hearer.hear()

    def _look(self, job: Job, folder: JobFolder) -> bool:
        folder.save(job)
        return folder.asked_to_stop

    async def _on_disk(self, function: Callable[..., Result], *given: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._disk, function, *given)


def _settle(job: Job, work: "asyncio.Task[None]") -> None:
    if work.cancelled():
        job.state = State.CANCELLED
    elif isinstance(error := work.exception(), Exception):
        refusal = as_refusal(error)
        job.state = State.FAILED
        job.problem = problem(refusal.status, str(refusal), refusal.hint)
    else:
        job.state = State.DONE
