"""The models that pointers name in memory, their successors swapped in while requests run."""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from serving.metrics import metrics
from serving.models import Models, Predictor
from serving.registry import RegisteredModel, Registry
from serving.repeating import Repeating
from serving.schemas import ModelStatus
from undertone.audio import SAMPLE_RATE, wav
from undertone.errors import UndertoneError
from undertone.query import Query

logger = logging.getLogger("undertone.serving")
RETRY_S = 30.0


@dataclass(frozen=True)
class Loaded:
    """A model that answers."""

    model: RegisteredModel
    predictor: Predictor
    loaded_at: datetime
    load_seconds: float


class ModelHolder(Repeating):
    """Holds the model that a pointer names, and follows the pointer from a thread of its own.

    A new model is loaded, checked on known signals and warmed beside the old one, which answers
    until then. Requests that began with the old one end with it.

    Args:
        pointer: champion, challenger or `tenant/NAME`.
        registry: tells which model that is.
        models: loads it.
        poll_s: how often the pointer is read.
    """

    def __init__(self, pointer: str, registry: Registry, models: Models, poll_s: float) -> None:
        super().__init__(pointer, self._look, poll_s)
        self.current: Loaded | None = None
        self._pointer = pointer
        self._registry = registry
        self._models = models
        self._named: str | None = None
        self._problem: str | None = None
        self._failed: str | None = None
        self._retry_at = 0.0

    def status(self) -> ModelStatus:
        """Who answers, who should, and what went wrong."""
        status = ModelStatus(champion=self._named, problem=self._problem)
        if (loaded := self.current) is None:
            return status
        return status.model_copy(
            update={
                "tag": loaded.model.tag,
                "classes": loaded.model.classes,
                "lineage": loaded.model.lineage,
                "metrics": loaded.model.metrics,
                "loaded_at": loaded.loaded_at,
                "load_seconds": loaded.load_seconds,
            }
        )

    def _look(self) -> None:
        try:
            self._named = self._registry.pointed_at(self._pointer)
        except Exception as error:
            self._report(f"The {self._pointer} pointer cannot be read: {error}")
            return
        if self._named == (self.current.model.tag if self.current else None):
            self._problem = self._failed = None
        elif self._named is None:
            self._replace(None)
        elif self._may_try(self._named):
            self._swap(self._named)

    def _may_try(self, tag: str) -> bool:
        return tag != self._failed or time.monotonic() > self._retry_at

    def _swap(self, tag: str) -> None:
        started = time.monotonic()
        try:
            model = self._registry.show(tag)
            predictor = self._models.load(model)
            _warm_up(predictor)
        except Exception as error:
            self._failed, self._retry_at = tag, time.monotonic() + RETRY_S
            self._report(f"{tag} cannot be loaded: {type(error).__name__}: {error}")
            metrics().load_failures.inc()
            return
        seconds = time.monotonic() - started
        self._replace(Loaded(model, predictor, datetime.now(UTC), round(seconds, 3)))
        self._problem = self._failed = None
        metrics().swaps.inc()
        logger.info("%s is %s now; loaded and warmed in %.2f s", tag, self._pointer, seconds)

    def _replace(self, successor: Loaded | None) -> None:
        for answers, loaded in enumerate((self.current, successor)):
            if loaded:
                metrics().model.labels(self._pointer, loaded.model.tag).set(answers)
        self.current = successor

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            logger.error("%s", problem)
        self._problem = problem


def _warm_up(predictor: Predictor) -> None:
    (answer,) = predictor.answer([predictor.prepare(Query(warm_up_tone(), "warm up"))])
    if isinstance(answer, UndertoneError):
        raise answer


def warm_up_tone() -> bytes:
    """A second of a rising tone (WAV), so that the first caller does not pay for a cold model."""
    seconds = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    samples = 0.2 * np.sin(2 * np.pi * (150 + 100 * seconds) * seconds)
    return wav(samples.astype(np.float32))
