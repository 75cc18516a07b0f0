"""Run a pipeline on this machine, from the same object that compiles for a cluster."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from undertone.config import Params, home
from undertone.errors import UndertoneError

TASK = re.compile(r"Executing task '(?P<name>[^']+)'")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
EVENT = re.compile(r"^\[?(?P<text>[\w' ]+ \d+(/\d+)?)\s*$")
PYTHON_ERROR = re.compile(r"undertone\.errors\.(?P<kind>\w+): (?P<message>.*)")


class PipelineError(UndertoneError):
    """A task of a local run failed; the message is the task's own."""


def run_local(
    name: str,
    params: Params,
    on_task: Callable[[str], None] = lambda task: None,
    on_progress: Callable[[str], None] = lambda line: None,
) -> Path:
    """Run a pipeline by KFP's SubprocessRunner and keep its log.

    Args:
        name: `training`, `continual` or `monitoring`.
        params: the run's settings.
        on_task: called with each task's name as it starts.
        on_progress: called with each line of progress that a task prints.

    Returns:
        The log file.

    Raises:
        PipelineError: a task failed.
    """
    root = home() / "runs"
    root.mkdir(parents=True, exist_ok=True)
    log = root / f"{name}.log"
    command = [sys.executable, "-m", "pipelines.execute", name, str(root)]
    with (
        log.open("w", encoding="utf-8") as file,
        subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        assert process.stdin and process.stdout  # noqa: S101
        process.stdin.write(params.model_dump_json())
        process.stdin.close()
        for raw in process.stdout:
            line = COLOUR.sub("", raw)
            file.write(line)
            if match := TASK.search(line):
                on_task(match["name"])
            elif match := EVENT.match(line.strip()):
                on_progress(match["text"])
    if process.returncode:
        raise PipelineError(_failure(name, log))
    return log


def _failure(name: str, log: Path) -> str:
    text = log.read_text(encoding="utf-8")
    said = list(PYTHON_ERROR.finditer(text))
    reason = said[-1]["message"] if said else "a task failed"
    return f"The {name} pipeline stopped: {reason}\nThe whole log: {log}"
