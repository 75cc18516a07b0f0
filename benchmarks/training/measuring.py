"""How fast a case is trained, by this project and by a plain loop of PyTorch's."""

import gc
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor

from benchmarks.machine import alone, peak_memory_mb
from benchmarks.training.cases import Case, Generated, batches_for, model_of
from undertone.model.config import AUDIO
from undertone.model.fused import FusedModel
from undertone.training.batches import Batches
from undertone.training.ranks import teach_together
from undertone.training.sources import Inputs
from undertone.training.stages import Lesson, Stage, is_first_process
from undertone.training.tuning import tuned

WARM_UP = 2  # steps before time is taken
OURS, PLAIN = "undertone", "plain loop"


class Speed(BaseModel):
    """What was measured of a case.

    Attributes:
        side: who trained.
        utterances_per_second: over the measured steps.
        audio_per_second: seconds of speech in a second.
        peak_memory_mb: of the GPU, or of the process where there is none.
    """

    case: Case
    side: str
    utterances_per_second: float
    audio_per_second: float
    peak_memory_mb: float


def measure(case: Case, side: str, steps: int) -> Speed:
    """Train or listen for so many steps, in a process of its own where memory is the CPU's."""
    work = partial(_measured, case, side, steps)
    if case.device == "cpu":
        return alone(work).result
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return work()


def _measured(case: Case, side: str, steps: int) -> Speed:
    torch.manual_seed(17)
    model = model_of(case)
    utterances = case.batch * (WARM_UP + steps + 1)
    batches = batches_for(case, model, utterances)
    with TemporaryDirectory() as scratch:
        file = Path(scratch) / "told.json"
        watch = Stopwatch(file, steps, case.accumulation, wall=not _undisturbed(case))
        run = _listen if case.work == "listening" else _SIDES[side]
        with tuned(model, case.tuning, case.params().lora_rank):
            run(case, model, batches, watch)
        seconds, memory = json.loads(watch.file.read_text(encoding="utf-8"))
    speed = case.batch * steps / seconds
    source = batches.sources[0]
    told = torch.arange(utterances)
    length = source.seconds(told) / utterances if isinstance(source, Generated) else case.seconds
    return Speed(
        case=case,
        side=side,
        utterances_per_second=round(speed, 2),
        audio_per_second=round(speed * length, 1),
        peak_memory_mb=round(memory),
    )


@dataclass
class Stopwatch:
    """A penalty of nothing, asked for in every part of a step, that takes the time of steps.

    Attributes:
        file: where the seconds of the measured steps stand in the end, and the peak memory.
        steps: that are measured, after `WARM_UP`.
        parts: of each step.
        wall: whether it is the clock on the wall that counts, not the processor's.
    """

    file: Path
    steps: int
    parts: int
    wall: bool
    asked: int = 0
    started: float = 0.0

    def __call__(self, model: FusedModel, *_: Any) -> Tensor:
        """Nothing, and a look at the clock."""
        self.tick()
        return torch.zeros((), device=model.device)

    def tick(self) -> None:
        """Start or stop where it is time: the beginning of a step is the end of the one before."""
        if self.asked == WARM_UP * self.parts:
            self.started = self._now()
        if self.asked == (WARM_UP + self.steps) * self.parts and is_first_process():
            self.file.write_text(json.dumps([self._now() - self.started, _memory()]), "utf-8")
        self.asked += 1

    def _now(self) -> float:
        if torch.cuda.is_initialized():
            torch.cuda.synchronize()
        return perf_counter() if self.wall else process_time()


def _undisturbed(case: Case) -> bool:
    """Whether time can be the processor's, which no other work on the machine changes."""
    return case.device == "cpu" and case.processes == 1 and torch.get_num_threads() == 1


def _ours(case: Case, model: FusedModel, batches: Batches, watch: Stopwatch) -> None:
    stage = Stage("speed", case.tuning, epochs=1)
    checkpoints = watch.file.parent / "checkpoints"
    lesson = Lesson(model, stage, batches, None, case.params(), checkpoints, penalty=watch)
    teach_together(lesson, case.processes)


def _plain(case: Case, model: FusedModel, batches: Batches, watch: Stopwatch) -> None:
    """What anybody would write who has the model and its batches."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, fused=True)
    model.train()
    order = torch.randperm(len(batches))
    for inputs in batches.in_order(order, case.batch):
        watch.tick()
        with _precision(case):
            loss = model(**_on_device(case, inputs)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()


@torch.inference_mode()
def _listen(case: Case, model: FusedModel, batches: Batches, watch: Stopwatch) -> None:
    model.train(mode=False)
    for inputs in batches.in_order(torch.arange(len(batches)), case.batch):
        watch.tick()
        given = _on_device(case, inputs)
        present = given["present"][:, AUDIO]
        with _precision(case):
            heard = model.acoustic.statistics(
                given["input_features"], given["feature_frames"], present
            )
        heard.cpu()


_SIDES = {OURS: _ours, PLAIN: _plain}


def _precision(case: Case) -> AbstractContextManager[Any]:
    return torch.autocast(case.device, torch.bfloat16, enabled=case.bfloat16)


def _on_device(case: Case, inputs: Inputs) -> Inputs:
    return {name: value.to(case.device) for name, value in inputs.items()}


def _memory() -> float:
    if torch.cuda.is_initialized():
        return torch.cuda.max_memory_allocated() / 1e6
    return peak_memory_mb()
