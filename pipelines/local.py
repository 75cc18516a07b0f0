"""Run a pipeline on this machine, from the same object that compiles for a cluster."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

from undertone.config import Params, home
from undertone.errors import UndertoneError

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
TASK = re.compile(r"Executing task '(?P<name>[^']+)'")
PROGRESS = re.compile(r"^\s*(?P<said>[\w ]+ \d+(/\d+)?)\s*$")
MISTAKE = re.compile(r"^\s*(?:\w+\.)+(?P<kind>\w+Error): (?P<message>.+)$")
LAST_WRITTEN = "executor_output.json"  # by every task
Runner = Literal["process", "docker"]


class PipelineError(UndertoneError):
    """A task of a run failed; the message is the task's own."""


class Watcher(Protocol):
    """Who wants to know how a run goes on."""

    def task(self, name: str) -> None:
        """A task starts."""

    def progress(self, said: str) -> None:
        """The task tells how far it is, like `hearing 400/1600`."""


@dataclass(frozen=True)
class LocalRun:
    """A finished run.

    Attributes:
        folder: all of its artifacts, a folder a task.
        log: what its tasks printed.
    """

    folder: Path
    log: Path

    def artifact(self, task: str, name: str) -> Path | None:
        """The output `name` of the task called `task`, or None if that task did not run."""
        return next(self.folder.glob(f"*/{task}/{name}"), None)


def run_local(name: str, params: Params, watcher: Watcher, runner: Runner = "process") -> LocalRun:
    """Run a pipeline by one of KFP's local runners, in a process of its own.

    Args:
        name: `training`, `continual` or `monitoring`.
        params: the run's settings.
        watcher: told of each task and of its progress.
        runner: starts each task in a `process`, or in a container of its own by `docker`.

    Raises:
        PipelineError: a task failed, or left nothing behind.
    """
    folder = home() / "runs" / f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    folder.mkdir(parents=True)
    run = LocalRun(folder, folder / "run.log")
    command = [sys.executable, "-m", "pipelines.execute", name, str(folder), runner]
    with (
        run.log.open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both were asked for as pipes")
        process.stdin.write(params.model_dump_json())
        process.stdin.close()
        tasks = _Tasks(watcher)
        mistake = read_log(process.stdout, tasks, keep=log.write)
    if process.returncode:
        mistake = mistake or "a task failed"
    elif hollow := [task for task in tasks.started if run.artifact(task, LAST_WRITTEN) is None]:
        # KFP takes a container that is gone before it could ask for its status for a success.
        mistake = f"the task {hollow[0]} left nothing behind"
    else:
        return run
    raise PipelineError(f"The {name} pipeline stopped: {mistake}\nThe whole log: {run.log}")


class _Tasks:
    """Remembers the tasks that were started, and tells another watcher of all that goes on."""

    def __init__(self, watcher: Watcher) -> None:
        self.started: list[str] = []
        self._watcher = watcher
        self.progress = watcher.progress

    def task(self, name: str) -> None:
        self.started.append(name)
        self._watcher.task(name)


def read_log(
    lines: Iterable[str], watcher: Watcher, keep: Callable[[str], object] = lambda _: None
) -> str:
    """Read what a run, or a single task, prints.

    Args:
        lines: as they come.
        watcher: told of each task and of its progress.
        keep: takes each line, without its colours.

    Returns:
        The message of the first error of ours, or an empty one.
    """
    mistake = ""
    for raw in lines:
        line = COLOUR.sub("", raw)
        keep(line)
        if match := TASK.search(line):
            watcher.task(match["name"])
        elif match := PROGRESS.match(line):
            watcher.progress(match["said"])
        else:
            mistake = mistake or mistake_in([line])
    return mistake


def mistake_in(lines: Iterable[str]) -> str:
    """The message of the first error of ours in what a task printed; empty if there is none."""
    found = (MISTAKE.match(COLOUR.sub("", line)) for line in lines)
    return next((match["message"] for match in found if match), "")
