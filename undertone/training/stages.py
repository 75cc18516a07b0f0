"""A stage of a fit: what it trains on what, and how that went."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from transformers import Trainer, TrainerCallback

from undertone.config import Score, TrainingParams, Tuning
from undertone.errors import UndertoneError
from undertone.model.fused import FusedModel
from undertone.training.batches import Batches
from undertone.training.callbacks import (
    Checkpoints,
    Epochs,
    ProgressBar,
    Watch,
    Watched,
    trackers,
)
from undertone.training.trainer import Penalty, last_checkpoint, trainer_for


@dataclass(frozen=True)
class Stage:
    """A part of a fit: what it trains, and for how many epochs at most."""

    name: str
    tuning: Tuning
    epochs: int


@dataclass(frozen=True)
class Lesson:
    """All that a stage takes, so that other processes can be handed it.

    Attributes:
        model: is trained in place, where its parameters require gradients.
        stage: which one.
        train: what it learns from.
        validation: what chooses the best epoch.
        params: rates, batch size, device, seed.
        checkpoints: folder, from where a stage that broke off goes on.
        logs: folder of experiment trackers, or none.
        penalty: added to the loss.
        watch: told the validation UAR of each epoch, where one process trains.
    """

    model: FusedModel
    stage: Stage
    train: Batches
    validation: Batches | None
    params: TrainingParams
    checkpoints: Path
    logs: Path | None = None
    penalty: Penalty | None = None
    watch: Watch | None = None


@dataclass(frozen=True)
class Course:
    """How a stage went.

    Attributes:
        curve: epoch by epoch, training loss, validation loss and validation scores.
        epoch: whose weights were kept: the best on validation, or the last.
        trained_parameters: how many ever had a gradient: not those of a modality that no example
            has.
    """

    curve: list[dict[str, float]]
    epoch: int
    trained_parameters: int


def is_first_process() -> bool:
    """Whether this process is the only one that trains, or the first of several."""
    return os.environ.get("RANK", "0") == "0"


def teach(lesson: Lesson) -> Course:
    """Train a stage in this process, which may be one of several that torchrun's launcher started.

    One of them alone tells how it goes.
    """
    stage, params = lesson.stage, lesson.params
    callbacks: list[TrainerCallback] = [Epochs(), ProgressBar(f"fitting {stage.name}")]
    if params.checkpoint_steps:
        callbacks.append(Checkpoints(params.checkpoint_steps))
    if lesson.watch:
        callbacks.append(Watched(lesson.watch))
    if lesson.logs and is_first_process():
        callbacks += trackers(params.loggers, lesson.logs)
    trainer = trainer_for(
        lesson.model,
        lesson.train,
        lesson.validation,
        params,
        stage.epochs,
        lesson.checkpoints,
        callbacks,
        lesson.penalty,
    )
    found = last_checkpoint(lesson.checkpoints, trainer.args.world_size)
    try:
        trainer.train(resume_from_checkpoint=str(found) if found else None)
    except UndertoneError as error:
        raise _plain(error) from error
    return Course(_curve(trainer.state.log_history), _kept_epoch(trainer), _moved(trainer))


def _plain(error: UndertoneError) -> UndertoneError:
    """An error without the traceback that a loader's process puts before its message."""
    return type(error)(str(error).rpartition(f"{type(error).__name__}: ")[2].strip())


def _moved(trainer: Trainer) -> int:
    states = trainer.optimizer.state.items() if trainer.optimizer else ()
    return sum(weight.numel() for weight, known in states if known["exp_avg_sq"].any())


def _kept_epoch(trainer: Trainer) -> int:
    state = trainer.state
    step = state.best_global_step or state.global_step
    return max(1, round(step * state.num_train_epochs / state.max_steps))


def _curve(history: list[dict[str, Any]]) -> list[dict[str, float]]:
    names = {"loss": "loss"} | {
        f"eval_{name}": f"validation_{name}" for name in ("loss", *get_args(Score))
    }
    epochs: dict[float, dict[str, float]] = {}
    for entry in history:
        figures = {names[key]: value for key, value in entry.items() if key in names}
        epochs.setdefault(entry["epoch"], {"epoch": entry["epoch"]}).update(figures)
    return [figures for figures in epochs.values() if "validation_uar" in figures]
