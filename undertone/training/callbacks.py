"""Who is told how training goes: people at a terminal, and experiment trackers by name."""

# ruff: noqa: ARG002 (the signatures are the Trainer's)

import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from undertone.errors import ConfigError

Watch = Callable[[float], None]


class ProgressBar(TrainerCallback):
    """A bar over the steps with the latest validation UAR; nothing where nobody is watching."""

    def __init__(self, description: str) -> None:
        self.description = description
        self.bar: Progress | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Draw the bar."""
        if not (state.is_world_process_zero and sys.stderr.isatty()):
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        self.bar = Progress(*columns, console=Console(stderr=True))
        self.bar.add_task(self.description, total=state.max_steps, completed=state.global_step)
        self.bar.start()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Move the bar."""
        if self.bar:
            self.bar.update(self.bar.task_ids[0], completed=state.global_step)

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **told: Any,
    ) -> None:
        """Show the UAR."""
        if self.bar:
            text = f"{self.description}, validation UAR {told['metrics']['eval_uar']:.3f}"
            self.bar.update(self.bar.task_ids[0], description=text)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Take the bar away."""
        if self.bar:
            self.bar.stop()


class Watched(TrainerCallback):
    """Tells somebody how each epoch went, who may break the fit off by an error."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **told: Any,
    ) -> None:
        """Tell the UAR."""
        self.watch(told["metrics"]["eval_uar"])


class Checkpoints(TrainerCallback):
    """Asks for a checkpoint every so many steps, beside those that end an epoch."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Ask for one where it is time."""
        if state.global_step % self.steps == 0:
            control.should_save = True


class Epochs(TrainerCallback):
    """Tells the order of utterances which epoch it is.

    In a fit that goes on in the middle of one, in several processes, accelerate 1.15 does not.
    """

    def on_epoch_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **told: Any,
    ) -> None:
        """Tell it."""
        batches = told["train_dataloader"].batch_sampler
        while hasattr(batches, "batch_sampler"):
            batches = batches.batch_sampler
        if hasattr(batches.sampler, "set_epoch"):
            batches.sampler.set_epoch(int(state.epoch or 0))


def trackers(names: Sequence[str], folder: Path) -> list[TrainerCallback]:
    """Experiment trackers of these names, which write under `folder`.

    Raises:
        ConfigError: a tracker is not installed.
    """
    for name in names:
        if find_spec(name) is None:
            raise ConfigError(
                f"training.loggers names {name}, which is not installed: pip install {name}."
            )
    return [_MAKERS[name](folder) for name in names]


def _dvclive(folder: Path) -> TrainerCallback:
    from dvclive.live import Live
    from transformers.integrations.integration_utils import DVCLiveCallback

    return DVCLiveCallback(live=Live(str(folder / "dvclive"), save_dvc_exp=False, dvcyaml=None))


def _tensorboard(folder: Path) -> TrainerCallback:
    from torch.utils.tensorboard import SummaryWriter
    from transformers.integrations.integration_utils import TensorBoardCallback

    return TensorBoardCallback(SummaryWriter(str(folder / "tensorboard")))


def _wandb(_folder: Path) -> TrainerCallback:
    from transformers.integrations.integration_utils import WandbCallback

    return WandbCallback()


_MAKERS = {"dvclive": _dvclive, "tensorboard": _tensorboard, "wandb": _wandb}
