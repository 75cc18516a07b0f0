import asyncio
import threading
from types import SimpleNamespace

import pytest
from serving_harness import value

from serving.batching import Batcher
from serving.metrics import metrics
from serving.refusal import RefusedError
from undertone.errors import UndertoneError
from undertone.prediction import Modalities, Prediction
from undertone.query import Query


class Model:
    """Answers when it is let, and notes what it is given together."""

    def __init__(self, shared=None):
        self.shared = shared or self
        self.free = threading.Event()
        self.busy = threading.Event()
        self.batches = []

    def prepare(self, query):
        if query.text == "unreadable":
            raise UndertoneError("unreadable")
        return SimpleNamespace(text=query.text, frames=len(query.text))

    def answer(self, queries):
        self.busy.set()
        assert self.free.wait(10)
        self.batches.append([query.text for query in queries])
        return [self._answer(query.text) for query in queries]

    def _answer(self, text):
        if text == "poison":
            raise ValueError(text)
        if text == "nothing":
            return UndertoneError("nothing to classify")
        return Prediction(
            emotion="anger",
            confidence=1.0,
            distribution={"anger": 1.0},
            modalities=Modalities(audio=False, text=True, image=False),
            model_tag=text,
        )


async def asked(batcher, model, first, *others):
    """Ask for the first, and for the others while the model is busy with it."""
    loaded = SimpleNamespace(predictor=model)
    tasks = [asyncio.create_task(batcher.ask(loaded, Query(text=first)))]
    while not model.busy.is_set():
        await asyncio.sleep(0)
    tasks += [asyncio.create_task(batcher.ask(loaded, Query(text=text))) for text in others]
    while batcher.waiting < len(others):
        await asyncio.sleep(0)
    return tasks


def run(scenario, largest=3, objective_s=60.0):
    async def inside():
        batcher, model = Batcher(largest=largest, objective_s=objective_s), Model()
        try:
            await asyncio.wait_for(scenario(batcher, model), 20)
        finally:
            model.free.set()
            batcher.close()

    asyncio.run(inside())


def test_those_as_long_as_the_oldest_are_answered_with_it():
    async def scenario(batcher, model):
        tasks = await asked(batcher, model, "a", "bb", "c", "dd", "e", "ff", "gg")
        model.free.set()
        answers = await asyncio.gather(*tasks)
        assert [answer.model_tag for answer in answers] == ["a", "bb", "c", "dd", "e", "ff", "gg"]
        assert model.batches == [["a"], ["bb", "dd", "ff"], ["c", "e"], ["gg"]]
        assert all("queue" in answer.timings_ms for answer in answers)

    run(scenario)


def test_an_idle_model_waits_for_no_company():
    async def scenario(batcher, model):
        model.free.set()
        for text in ("a", "b"):
            await batcher.ask(SimpleNamespace(predictor=model), Query(text=text))
        assert model.batches == [["a"], ["b"]]

    run(scenario)


def test_prometheus_sees_all_that_is_not_answered_yet():
    async def scenario(batcher, model):
        tasks = await asked(batcher, model, "a", "bb", "c")
        assert value(metrics().admitted) == 3
        model.free.set()
        await asyncio.gather(*tasks)
        assert value(metrics().admitted) == 0

    run(scenario)


def test_two_models_do_not_share_a_batch():
    async def scenario(batcher, model):
        tasks = await asked(batcher, model, "a", "b")
        other = Model()
        other.free.set()
        tasks.append(
            asyncio.create_task(batcher.ask(SimpleNamespace(predictor=other), Query(text="c")))
        )
        model.free.set()
        await asyncio.gather(*tasks)
        assert model.batches == [["a"], ["b"]]
        assert other.batches == [["c"]]

    run(scenario)


def test_models_on_the_same_weights_share_a_batch():
    async def scenario(batcher, model):
        tasks = await asked(batcher, model, "a", "b")
        adapted = SimpleNamespace(predictor=Model(shared=model))
        tasks.append(asyncio.create_task(batcher.ask(adapted, Query(text="c"))))
        while batcher.waiting < 2:
            await asyncio.sleep(0)
        model.free.set()
        answers = await asyncio.gather(*tasks)
        assert model.batches == [["a"], ["b", "c"]]
        assert [answer.model_tag for answer in answers] == ["a", "b", "c"]

    run(scenario)


def test_what_fails_harms_only_itself():
    async def scenario(batcher, model):
        tasks = await asked(batcher, model, "start", "good one", "poison", "nothing", "finest")
        model.free.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [
            Prediction,
            Prediction,
            ValueError,
            UndertoneError,
            Prediction,
        ]

    run(scenario)


def test_what_cannot_be_prepared_is_refused_before_the_queue():
    async def scenario(batcher, model):
        with pytest.raises(UndertoneError, match="unreadable"):
            await batcher.ask(SimpleNamespace(predictor=model), Query(text="unreadable"))
        assert model.batches == []

    run(scenario)


def test_who_gave_up_is_not_answered():
    async def scenario(batcher, model):
        tasks = await asked(batcher, model, "a", "b", "c")
        tasks[1].cancel()
        await asyncio.sleep(0)
        model.free.set()
        await asyncio.gather(tasks[0], tasks[2])
        assert model.batches == [["a"], ["c"]]

    run(scenario)


def test_a_pile_is_refused_with_the_time_to_come_back():
    async def scenario(batcher, model):
        loaded = SimpleNamespace(predictor=model)
        first = await asked(batcher, model, "a")
        await asyncio.sleep(0.05)
        model.free.set()
        await first[0]
        model.free.clear()
        model.busy.clear()
        tasks = await asked(batcher, model, "b", "c")
        with pytest.raises(RefusedError) as refused:
            await batcher.ask(loaded, Query(text="d"))
        assert refused.value.status == 503
        assert refused.value.retry_after_s > 0
        model.free.set()
        await asyncio.gather(*tasks)

    run(scenario, largest=1, objective_s=0.02)
