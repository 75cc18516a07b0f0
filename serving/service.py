"""The Bento service: `bentoml serve serving.service:Undertone`, or `undertone serve`."""

import asyncio
import os
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any

import bentoml

from monitoring.store import Forgotten, Store
from monitoring.store.tables import new_id
from serving.access.middleware import Access
from serving.access.policy import UsePolicy
from serving.batching import Batcher
from serving.champion import Loaded, ModelHolder
from serving.draining import Leaving, drain_on_shutdown, is_leaving
from serving.forms import FeedbackForm, JobForm, PredictForm, Utterance
from serving.gauges import Gauges
from serving.guard import Bounds, Guard
from serving.jobs.queue import Jobs
from serving.jobs.routes import told
from serving.jobs.schemas import Job
from serving.lifecycle import bring_along
from serving.lingering import Lingering
from serving.metrics import keep_figures_apart, metrics
from serving.models import Models, Predictor, load_predictor
from serving.observability.current import current_request
from serving.observability.logs import log_as
from serving.observability.requests import Requests
from serving.observability.traces import trace_stages, tracer, tracing_config
from serving.probation import Probation
from serving.recorder import Recorder
from serving.refusal import RefusedError, keep_tracebacks_out_of_the_log, refusing
from serving.registry import CHALLENGER, CHAMPION, Registry
from serving.retention import Sweeper, forget_speaker
from serving.routing import Route, Router
from serving.schemas import Answer, Feedback, ModelStatus
from serving.streaming.streams import Streams
from serving.tenants import Tenants
from serving.untimed import leave_time_to_the_guard
from serving.web import web_app
from undertone.config import Params, load_params
from undertone.errors import UndertoneError
from undertone.prediction import Prediction

FORM_OVERHEAD_BYTES = 64_000


def service_params() -> Params:
    """Settings from the environment: `UNDERTONE_PARAMS` (a file) and `UNDERTONE_PROFILE`.

    Where they do not say whether keys are required, `undertone serve` does: `UNDERTONE_OPEN`.
    """
    path = os.environ.get("UNDERTONE_PARAMS")
    params = load_params(
        Path(path) if path else None, profile=os.environ.get("UNDERTONE_PROFILE") or None
    )
    if params.access.required is not None:
        return params
    required = {"required": not os.environ.get("UNDERTONE_OPEN")}
    return params.model_copy(update={"access": params.access.model_copy(update=required)})


class UndertoneService:
    """Hears what a speaker feels, and takes feedback on it.

    One thread prepares, one computes and one writes to the store; the event loop waits for none.
    """

    def __init__(self) -> None:
        self._params = service_params()
        self._store = Store()
        if tag := os.environ.get("UNDERTONE_CHAMPION"):
            bring_along(self._store, tag)
        registry = Registry(self._store)
        models = Models(registry, self.load, self._params)
        poll_s = self._params.serving.poll_seconds
        self._champion = ModelHolder(CHAMPION, registry, models, poll_s)
        self._challenger = ModelHolder(CHALLENGER, registry, models, poll_s)
        self._compares = bool(
            self._params.serving.canary_share or self._params.serving.shadow_share
        )
        challenger = self._challenger if self._compares else None
        self._tenants = Tenants(registry, models, poll_s)
        self._router = Router(self._champion, challenger, self._tenants, self._params.serving)
        self._recorder = Recorder(self._store, self._params)
        self._policy = UsePolicy(self._store, self._params.access)
        self._sweeper = Sweeper(self._store, self._params.serving.retention_days)
        self._gauges = Gauges(self._store)
        self._probation = Probation(self._store, self._params.promotion)
        limits = self._params.serving
        self._batcher = Batcher(largest=limits.batch, objective_s=limits.objective_seconds)
        self._writing = ThreadPoolExecutor(1, "writing")
        self._tracer = tracer()
        self.streams = Streams(self, self._params.streaming)
        self.jobs = Jobs(self.answer, self._params)
        self._working: set[asyncio.Task[None]] = set()
        metrics()
        keep_tracebacks_out_of_the_log()
        log_as(limits.log_format)
        self._champion.start()
        if self._compares:
            self._challenger.start()
        self._tenants.start()
        self._sweeper.start()
        self._gauges.start()
        self._probation.start()

    def load(self, bundle: Path, params: Params, onto: Predictor | None = None) -> Predictor:
        """Make a predictor of a bundle, as `serving.models.load_predictor` does."""
        return load_predictor(bundle, params, onto)

    @bentoml.api  # type: ignore[untyped-decorator]
    @refusing
    async def predict(self, form: PredictForm, /) -> Answer:
        """The emotion of an utterance, from its audio, its text, its image or any mix of them."""
        started = time.perf_counter()
        utterance = await form.read(self._params)
        return await self.answer(utterance, started)

    @bentoml.api(route="/jobs")  # type: ignore[untyped-decorator]
    @refusing
    async def hear(self, form: JobForm, /) -> Job:
        """Hear a recording of hours in the background: GET /jobs/JOB_ID tells how far it is."""
        with self.jobs.place():
            asked, file = await form.read_long(self._params)
            await self.admit(asked)
            return told(await self.jobs.start(asked, file), 202)  # type: ignore[return-value]

    @bentoml.api  # type: ignore[untyped-decorator]
    @refusing
    async def feedback(self, form: FeedbackForm, /) -> Feedback:
        """What the emotion of a prediction really was. Saying the same again changes nothing."""
        feedback = await form.read()
        caller = current_request().caller
        await self._run(self._writing, self._add_feedback, feedback, caller)
        return feedback

    async def judge(self, utterance: Utterance) -> Prediction:
        """The emotion of an utterance, whichever door it came in by.

        Raises:
            RefusedError: no champion is loaded, too much waits already, or the use policy
                forbids it.
            UndertoneError: the utterance cannot be judged.
        """
        route = await self._route(utterance)
        model = route.answers.model
        prediction = await self._batcher.ask(route.answers, utterance)
        tag, lineage_id = model.tag, model.lineage["lineage_id"]
        metrics().count(prediction, tag)
        if route.looks_on and not self._batcher.waiting:
            self._aside(self._look_on(route.looks_on, utterance, prediction.emotion))
        return prediction.model_copy(update={"model_tag": tag, "lineage_id": lineage_id})

    async def glance(self, utterance: Utterance) -> Prediction:
        """The emotion of an utterance that is still being spoken: neither counted nor kept.

        Raises:
            RefusedError: as of `judge`.
            UndertoneError: the utterance cannot be judged.
        """
        route = await self._route(utterance)
        return await self._batcher.ask(route.answers, utterance)

    async def admit(self, utterance: Utterance) -> str:
        """Make sure, before there is anything to hear, that what is asked may be answered.

        Returns:
            The tag of the model that would answer.

        Raises:
            RefusedError: no champion is loaded, or the use policy forbids it.
            UndertoneError: the model does not tell the emotions that are wanted.
        """
        return (await self._route(utterance)).answers.model.tag

    async def _route(self, utterance: Utterance) -> Route:
        await self._policy.require_allowed(utterance)
        route = self._router.route(utterance.call_id or new_id(), utterance.tenant)
        if utterance.view:
            utterance.view.require_known(dict.fromkeys(route.answers.model.classes, 0.0))
        return route

    async def _look_on(self, challenger: Loaded, utterance: Utterance, emotion: str) -> None:
        try:
            own = await self._batcher.ask(challenger, utterance)
        except (RefusedError, UndertoneError):
            return
        metrics().shadow.labels(str(own.emotion == emotion).lower()).inc()

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work that nobody waits for."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def answer(self, utterance: Utterance, started: float) -> Answer:
        """Judge an utterance and keep the prediction, which is told as the caller wants it.

        Args:
            utterance: what was sent.
            started: when, by `time.perf_counter`.
        """
        utterance = self._policy.declared(utterance)
        prediction = await self.judge(utterance)
        metrics().uses.labels(utterance.role, utterance.purpose).inc()
        prediction_id = new_id()
        latency_ms = (time.perf_counter() - started) * 1000
        prediction.timings_ms["total"] = latency_ms
        trace_stages(self._tracer, prediction.timings_ms, started)
        with self._tracer.start_as_current_span("record"):
            record = self._recorder.record
            recorded = await self._run(
                self._writing, record, prediction_id, prediction, utterance, latency_ms
            )
        told = utterance.view.of(prediction) if utterance.view else prediction
        return Answer(**told.model_dump(), prediction_id=prediction_id, recorded=recorded)

    @property
    def store(self) -> Store:
        """The operational store that this service writes."""
        return self._store

    async def forget(self, speaker_id: str) -> Forgotten:
        """Delete all that is kept of a speaker, what is being written included."""
        by = current_request().caller or "a caller without a key"
        forget = partial(forget_speaker, self._store, speaker_id, by=by)
        forgotten: Forgotten = await self._run(self._writing, forget)
        return forgotten

    def status(self) -> ModelStatus:
        """Which model answers, and what is kept."""
        return self._champion.status().model_copy(update={"keeps": self._recorder.keeps})

    async def __is_ready__(self) -> bool:
        return self._champion.current is not None and not is_leaving()

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """Finish what is being computed and written."""
        self._champion.stop()
        if self._compares:
            self._challenger.stop()
        self._tenants.stop()
        self._sweeper.stop()
        self._gauges.stop()
        self._probation.stop()
        self.streams.close()
        self.jobs.close()
        self._batcher.close()
        self._writing.shutdown()
        self._store.close()

    async def _run(self, executor: ThreadPoolExecutor, function: Any, *args: Any) -> Any:
        here = copy_context().run
        return await asyncio.get_running_loop().run_in_executor(executor, here, function, *args)

    def _add_feedback(self, feedback: Feedback, caller: str | None) -> None:
        self._store.add_feedback(
            feedback.prediction_id,
            feedback.emotion,
            source=feedback.source,
            role=feedback.role,
            given_by=caller or "",
        )


def build(inner: type[UndertoneService]) -> "bentoml.Service[UndertoneService]":
    """Dress a service class: bounds, error envelope, page and status."""
    leave_time_to_the_guard()
    keep_figures_apart()
    drain_on_shutdown()
    params = service_params()
    limits = params.serving
    short = Bounds(
        params.audio.max_bytes + limits.max_image_bytes + FORM_OVERHEAD_BYTES,
        limits.timeout_seconds,
    )
    long = Bounds(params.long.max_bytes + FORM_OVERHEAD_BYTES, params.long.upload_seconds)
    service = bentoml.service(
        name="undertone",
        workers=limits.workers,
        logging={"access": {"enabled": False}},
        metrics={"enabled": False},
        tracing=tracing_config(),
    )(inner)
    service.add_asgi_middleware(Leaving)
    service.add_asgi_middleware(Lingering)
    service.add_asgi_middleware(Requests)
    service.add_asgi_middleware(Access, access=params.access)
    service.add_asgi_middleware(
        Guard,
        bounds=short,
        by_path={"/jobs": long},
        stall_seconds=limits.timeout_seconds,
        max_waiting=limits.max_waiting,
    )
    service.mount_asgi_app(web_app(service), name="web")
    return service


Undertone = build(UndertoneService)
