"""The pipelines in containers without a network come to the same as in processes."""

import json
import os
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import running

from cli.demo.traffic import drifted, send
from deploy.images import tag_of
from monitoring.store import Store
from pipelines.local import LocalRun, run_local
from serving.client import Client
from serving.registry import Registry
from undertone.config import Params, load_params
from undertone.files import sha256_of_file

SMALL = (
    "corpus.name=table",
    "training.epochs=6",
    "timeline.joined=2",
    "continual.epochs=4",
    "continual.min_labels=40",
    "promotion.min_gain=0",
    "promotion.max_forgetting=0.9",
    "promotion.max_part_loss=1",
    "promotion.max_ece_rise=1",
    "promotion.min_holdout=5",
    "promotion.behaviour_clips=10",
    "feedback.trusted=[test]",
)
CALLS = 120
pytestmark = pytest.mark.timeout(600)


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
        return self.read("evaluate", "evaluation", "evaluation.json")

    def weights(self, task: str, name: str) -> str:
        folder = self.run.artifact(task, name)
        assert folder is not None
        return sha256_of_file(folder / "model.safetensors")


@pytest.fixture(scope="module")
def params(corpus: Path) -> Params:
    return load_params(profile="demo", overrides=[*SMALL, f"corpus.path={corpus / 'clips.csv'}"])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("state") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(folder))
        patch.setenv("BENTOML_HOME", str(folder / "bentoml"))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield folder


@pytest.fixture(scope="module")
def trained(home: Path, params: Params) -> Done:
    return _done("training", params, "docker")


def test_training_scores_the_same(trained, params, home, measured, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(home.parent / "other"))
        patch.setenv("BENTOML_HOME", str(home.parent / "other" / "bentoml"))
        other = _done("training", params, "process")
    assert trained.tasks == other.tasks
    measured("training", other.seconds, trained.seconds)
    measured("  UAR", *(one.scores["scores"]["fused"]["uar"]["value"] for one in (other, trained)))
    assert trained.scores == other.scores
    assert other.weights("finetune", "bundle") == trained.weights("finetune", "bundle")


@pytest.fixture(scope="module")
def labelled(engine, trained: Done, home: Path, params: Params) -> Path:
    """A copy of the state, after the served champion heard drifted calls and was told of each."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["undertone", "serve", "--profile", "demo", "--port", str(port)]
    with (
        running(
            engine,
            tag_of("serving"),
            command,
            network_mode="host",
            user=f"{os.getuid()}:{os.getgid()}",
            environment={"UNDERTONE_HOME": str(home), "HOME": "/tmp"},
            volumes={str(home): {"bind": str(home), "mode": "rw"}},
        ),
        Client(f"http://127.0.0.1:{port}") as client,
    ):
        client.wait_ready(60)
        for one in send(client, drifted(params.corpus.generated, CALLS), "calls", CALLS):
            client.feedback(one.prediction_id, one.truth, source="test")
    aside = home.with_name("labelled")
    shutil.copytree(home, aside)
    return aside


@pytest.fixture
def restored(labelled: Path, home: Path):
    """Lay the state out anew where it was: paths stand in it."""

    def _restore() -> None:
        shutil.rmtree(home)
        shutil.copytree(labelled, home)

    return _restore


@pytest.mark.parametrize("name", ["continual", "monitoring"])
def test_a_retrain_comes_to_the_same(name, restored, params, measured):
    done, verdicts = [], []
    for runner in ("process", "docker"):
        restored()
        done.append(_done(name, params, runner))
        store = Store()
        verdicts.append([row.verdict for row in store.verdicts()])
        assert len(Registry(store).list()) == 2
        store.close()
    decisions = [one.read("judge", "decision", "decision.json") for one in done]
    measured(name, *(one.seconds for one in done))
    for part in ("old", "new"):
        measured(f"  UAR, {part} domain", *(one[f"{part}_after"] for one in decisions))
    assert done[0].tasks == done[1].tasks
    assert decisions[0] == decisions[1]
    assert verdicts[0] == verdicts[1]
    assert bool(verdicts[0]) == (name == "monitoring")
    assert done[0].scores == done[1].scores
    assert done[0].weights("retrain", "challenger") == done[1].weights("retrain", "challenger")


def _done(name: str, params: Params, runner) -> Done:
    watcher = Timed()
    run = run_local(name, params, watcher, runner)
    return Done(run, watcher.tasks, watcher.seconds)
