"""Utterances that wait are answered together, and none waits for company."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from serving.champion import Loaded
from serving.metrics import metrics
from serving.refusal import RefusedError
from undertone.errors import UndertoneError
from undertone.prediction import Prediction
from undertone.query import Query

if TYPE_CHECKING:
    from undertone.inference import Prepared

LEARNING = 0.2  # weight of the newest batch in the mean time of an utterance


@dataclass(eq=False)
class _Waiting:
    """An utterance in the queue, and where its answer goes."""

    loaded: Loaded
    prepared: "Prepared"
    answer: "asyncio.Future[Prediction]"
    since: float = field(default_factory=time.perf_counter)

    @property
    def kind(self) -> tuple[int, int]:
        """What computes, and the length in frames; those of one kind are answered together."""
        return id(self.loaded.predictor.shared), self.prepared.frames


class Batcher:
    """One thread prepares utterances and one answers them, both in the order of their arrival.

    Whatever waits when the model is free is taken at once: the longest-waiting utterance, and
    with it those as long as it, as the decoder takes one length at a time. So an idle service
    answers without delay, and a busy one in larger batches.

    Args:
        largest: utterances that go through the model together, at most.
        objective_s: seconds within which an utterance should be answered. One that cannot be
            expected to is refused at once, rather than kept waiting in a pile.
    """

    def __init__(self, *, largest: int, objective_s: float) -> None:
        self._largest = largest
        self._objective = objective_s
        self._preparing = ThreadPoolExecutor(1, "preparing")
        self._computing = ThreadPoolExecutor(1, "computing")
        self._queue: list[_Waiting] = []
        self._working: asyncio.Task[None] | None = None
        self._admitted = 0
        self._seconds_each = 0.0

    @property
    def waiting(self) -> int:
        """Utterances in the queue."""
        return len(self._queue)

    async def ask(self, loaded: Loaded, query: Query) -> Prediction:
        """Have a model answer a query.

        Raises:
            RefusedError: too much waits for an answer in time.
            UndertoneError: the query cannot be answered.
        """
        self._require_in_time()
        self._admit(1)
        try:
            prepared = await self._run(self._preparing, loaded.predictor.prepare, query)
            waiting = _Waiting(loaded, prepared, asyncio.get_running_loop().create_future())
            self._queue.append(waiting)
            metrics().queue.set(len(self._queue))
            if self._working is None:
                self._working = asyncio.create_task(self._work())
            return await waiting.answer
        finally:
            self._admit(-1)

    def close(self) -> None:
        """Finish what is being computed, and drop what waits."""
        self._preparing.shutdown(cancel_futures=True)
        self._computing.shutdown(cancel_futures=True)

    def _require_in_time(self) -> None:
        expected = self._admitted * self._seconds_each
        if self._admitted > self._largest and expected > self._objective:
            raise RefusedError(
                503,
                f"An answer would take about {expected:.1f} s, and {self._objective:g} s are "
                "promised.",
                "Try again in a moment, or add workers.",
                retry_after_s=expected - self._objective,
            )

    def _admit(self, change: int) -> None:
        self._admitted += change
        metrics().admitted.set(self._admitted)

    async def _work(self) -> None:
        try:
            while batch := self._next():
                started = time.perf_counter()
                try:
                    await self._answer(batch)
                except Exception as error:
                    _fail(batch, error)
                self._learn((time.perf_counter() - started) / len(batch))
        finally:
            self._working = None

    def _next(self) -> list[_Waiting]:
        """The next batch; whoever gave up waiting is left out."""
        self._queue = [waiting for waiting in self._queue if not waiting.answer.done()]
        if not self._queue:
            return []
        kind = self._queue[0].kind
        batch = [waiting for waiting in self._queue if waiting.kind == kind][: self._largest]
        self._queue = [waiting for waiting in self._queue if waiting not in batch]
        metrics().queue.set(len(self._queue))
        metrics().batch.observe(len(batch))
        return batch

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        """Answer a batch; where that fails, each by itself, so that one cannot spoil the others."""
        began = time.perf_counter()
        predictor = batch[0].loaded.predictor
        prepared = [waiting.prepared for waiting in batch]
        try:
            answers = await self._run(self._computing, predictor.answer, prepared)
        except Exception:
            if len(batch) == 1:
                raise
            for waiting in batch:
                try:
                    await self._answer([waiting])
                except Exception as error:
                    _fail([waiting], error)
            return
        for waiting, answer in zip(batch, answers, strict=True):
            if isinstance(answer, UndertoneError):
                _fail([waiting], answer)
            elif not waiting.answer.done():
                answer.timings_ms["queue"] = round(1000 * (began - waiting.since), 3)
                waiting.answer.set_result(answer)

    def _learn(self, seconds: float) -> None:
        known = self._seconds_each
        self._seconds_each = known + LEARNING * (seconds - known) if known else seconds

    async def _run(
        self, executor: ThreadPoolExecutor, function: Callable[..., Any], given: Any
    ) -> Any:
        return await asyncio.get_running_loop().run_in_executor(executor, function, given)


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
