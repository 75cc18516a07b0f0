"""The machine that a benchmark runs on, and what a system costs there."""

import os
import platform
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from time import process_time
from typing import Any, Generic, Self, TypeVar

import torch
from pydantic import BaseModel

LIBRARIES = ("numpy", "scikit-learn", "torch", "transformers")
Result = TypeVar("Result")


class Machine(BaseModel):
    """What a benchmark ran on; `accelerator` is empty where there is none."""

    processor: str
    accelerator: str = ""
    cores: int
    threads: str
    libraries: dict[str, str]

    @classmethod
    def here(cls) -> Self:
        """This machine."""
        found = {name: version(name) for name in LIBRARIES}
        return cls(
            processor=_processor(),
            accelerator=_accelerator(),
            cores=os.cpu_count() or 1,
            threads=os.environ.get("OMP_NUM_THREADS", "all"),
            libraries={"python": platform.python_version(), **found},
        )

    def __str__(self) -> str:
        told = ", ".join(f"{name} {number}" for name, number in sorted(self.libraries.items()))
        where = " and ".join(filter(None, (self.processor, self.accelerator)))
        return f"{where}, {self.cores} cores, {self.threads} thread(s) used; {told}"


@dataclass(frozen=True)
class Cost(Generic[Result]):
    """What came of some work, and what it took."""

    result: Result
    cpu_seconds: float
    peak_memory_mb: float


Runner = Callable[[Callable[[], Any]], Cost[Any]]


def alone(work: Callable[[], Result]) -> Cost[Result]:
    """Do work in a new process, so that its peak memory is its own.

    Args:
        work: a function of a module, or a partial of one.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measured, work).result()


def measured(work: Callable[[], Result]) -> Cost[Result]:
    """Do work here; its peak memory is that of the whole process so far."""
    started = process_time()
    result = work()
    return Cost(result, round(process_time() - started, 1), round(peak_memory_mb()))


def peak_memory_mb() -> float:
    """The most memory that this process has had so far."""
    status = Path("/proc/self/status")
    if status.is_file():  # getrusage would also count what the parent held when it forked
        lines = status.read_text(encoding="utf-8").splitlines()
        peak = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
        if peak is not None:
            return int(peak) / 1024
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _accelerator() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
