"""Listening in several one-thread processes."""

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from undertone.config import Params
from undertone.errors import AudioError
from undertone.hub import resolve
from undertone.speech import views

if TYPE_CHECKING:
    from undertone.speech.listener import Heard

JOBS_PER_WORKER = 100


class Job(NamedTuple):
    """One recording to hear, as it is or, from 1 on, a changed view of it."""

    sha256: str
    path: Path
    view: int = 0

    @property
    def key(self) -> str:
        """What it is remembered by."""
        return f"{self.sha256}-{views.REVISION}-{self.view}" if self.view else self.sha256


class Worker:
    """Hears one recording after another."""

    current: "Worker"

    def __init__(self, params: Params) -> None:
        from undertone.speech.listener import Listener

        self._listener = Listener(resolve(params.listening.whisper), params.listening)
        self._audio = params.audio

    def listen_to(self, job: Job) -> "Heard":
        """Hear one recording; of a changed view, no words.

        Raises:
            AudioError: it cannot be used; the message names it.
        """
        try:
            utterance = views.prepare_view(job.path, job.sha256, job.view, self._audio)
        except AudioError as error:
            raise AudioError(f"{job.path}: {error}") from error
        return self._listener.listen(utterance.samples, utterance.speech, transcribe=not job.view)


def listen_to_all(jobs: Sequence[Job], params: Params) -> "Iterator[Heard]":
    """Hear recordings, in order, on as many processors as are worth their start.

    Raises:
        AudioError: a recording cannot be used.
        ModelError: the Whisper cannot be used.
    """
    processes = min(os.cpu_count() or 1, len(jobs) // JOBS_PER_WORKER)
    if processes < 2:
        worker = Worker(params)
        yield from map(worker.listen_to, jobs)
        return
    with ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(params,),
    ) as pool:
        yield from pool.map(_listen_to, jobs, chunksize=4)


def _start(params: Params) -> None:
    import torch

    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    Worker.current = Worker(params)


def _listen_to(job: Job) -> "Heard":
    return Worker.current.listen_to(job)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
