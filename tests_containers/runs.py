"""A pipeline's run, timed, with what is compared of it."""

import json
import time
from dataclasses import dataclass

from pipelines.local import LocalRun, Runner, run_local
from undertone.config import Params
from undertone.files import sha256_of_file


class Timed:
    """A watcher that remembers the tasks, and when the run began."""

    def __init__(self) -> None:
        self.tasks: list[str] = []
        self._began = time.monotonic()

    def task(self, name: str) -> None:
        self.tasks.append(name)

    def progress(self, said: str) -> None:
        pass

    @property
    def seconds(self) -> str:
        return f"{time.monotonic() - self._began:.1f} s"


@dataclass
class Done:
    """A run with what it left behind."""

    run: LocalRun
    tasks: list[str]
    seconds: str

    def read(self, task: str, name: str, file: str) -> dict:
        folder = self.run.artifact(task, name)
        assert folder is not None, f"{task} left no {name}"
        return json.loads((folder / file).read_text())

    @property
    def scores(self) -> dict:
        scores = self.read("evaluate", "evaluation", "evaluation.json")
        del scores["bundle_hash"]  # of a bundle that tells how long it trained
        return scores

    def weights(self, task: str, name: str) -> str:
        folder = self.run.artifact(task, name)
        assert folder is not None
        return sha256_of_file(folder / "model.safetensors")


def run_timed(name: str, params: Params, runner: Runner) -> Done:
    """Run a pipeline under one of the runners."""
    watcher = Timed()
    run = run_local(name, params, watcher, runner)
    return Done(run, watcher.tasks, watcher.seconds)
