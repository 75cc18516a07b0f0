"""One stage of a fit in several processes, one for each GPU, that share every batch.

What surrounds a stage is done once, in the process that asks: encoders that stay as they are are
run, weights are calibrated, and files written there. The processes are torchrun's, whose launcher
finds them a port, ends all of them when one fails, and says which one did.
"""

import logging
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import load_file, save_file
from torch import distributed
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, record
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from undertone.config import TrainingParams
from undertone.errors import ConfigError, TrainingError
from undertone.training.stages import Course, Lesson, teach
from undertone.training.trainer import device_of

LESSON, LEARNT = "lesson.pt", "learnt.safetensors"
HERE = "localhost"


def processes_for(params: TrainingParams, utterances: int) -> int:
    """How many processes train together; one where the utterances do not fill a single batch.

    Args:
        params: `processes`, `device` and `batch_size` count.
        utterances: that are trained on.

    Raises:
        ConfigError: more processes are asked for than there are GPUs.
    """
    on_gpu = device_of(params.device).type == "cuda"
    gpus = torch.cuda.device_count() if on_gpu else 1
    if params.processes and on_gpu and params.processes > gpus:
        raise ConfigError(
            f"training.processes is {params.processes}, but there are {gpus} GPUs here, and each "
            "takes one process. Ask for fewer, or set training.device to cpu."
        )
    if utterances < params.batch_size:
        return 1
    part = params.batch_size // params.gradient_accumulation
    return params.processes or next(n for n in range(gpus, 0, -1) if part % n == 0)


def teach_together(lesson: Lesson, processes: int) -> Course:
    """Train a stage in so many processes; in this one where it is one.

    The model is trained in place, as by `teach`.

    Raises:
        TrainingError: a process failed or was killed; the others were stopped then.
    """
    if processes == 1:
        return teach(lesson)
    device = lesson.model.device
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        torch.save(replace(lesson, model=lesson.model.cpu()), folder / LESSON)
        torch.cuda.empty_cache()
        course = _launch(folder, processes)
        lesson.model.load_state_dict(load_file(folder / LEARNT), strict=False)
    torch.nn.Module.to(lesson.model, device)
    return course


def _launch(folder: Path, processes: int) -> Course:
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=folder.name,
        rdzv_backend="c10d",
        rdzv_endpoint=f"{HERE}:0",
        local_addr=HERE,
        max_restarts=0,
    )
    try:
        courses: dict[int, Course] = elastic_launch(config, _rank)(folder, processes)
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        raise TrainingError(
            f"Process {rank + 1} of {processes} that trained together failed, and the others were "
            f"stopped: {failure.message} Started again, the run goes on from its last checkpoint."
        ) from error
    return courses[0]


@record
def _rank(folder: Path, processes: int) -> Course:
    """One of the processes: reads the lesson, and the first writes what was learnt."""
    torch.set_num_threads(max(1, torch.get_num_threads() // processes))
    lesson: Lesson = torch.load(folder / LESSON, mmap=True, weights_only=False)
    course = teach(lesson)
    if distributed.get_rank() == 0:
        learnt = {
            name: parameter.detach().cpu().contiguous()
            for name, parameter in lesson.model.named_parameters()
            if parameter.requires_grad
        }
        save_file(learnt, folder / LEARNT)
    distributed.destroy_process_group()
    return course
