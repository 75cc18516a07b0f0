"""The pipelines in containers without a network come to the same as in processes."""

import os
import shutil
import socket
from pathlib import Path

import pytest
from running import running
from runs import Done, run_timed

from cli.demo.traffic import drifted, send
from deploy.images import tag_of
from monitoring.store import Store
from serving.client import Client
from serving.registry import Registry
from undertone.config import Params

CALLS = 120
pytestmark = pytest.mark.timeout(600)


def test_training_scores_the_same(trained, params, home, measured, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(home.parent / "other"))
        patch.setenv("BENTOML_HOME", str(home.parent / "other" / "bentoml"))
        other = run_timed("training", params, "process")
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
    seconds, outcomes = [], []
    for runner in ("process", "docker"):
        restored()  # which takes the run before away
        done = run_timed(name, params, runner)
        seconds.append(done.seconds)
        outcomes.append(_outcome(done))
    measured(name, *seconds)
    for part in ("old", "new"):
        measured(f"  UAR, {part} domain", *(one["decision"][f"{part}_after"] for one in outcomes))
    assert outcomes[0] == outcomes[1]
    assert bool(outcomes[0]["verdicts"]) == (name == "monitoring")


def _outcome(done: Done) -> dict:
    """What a retrain came to, but for how long it took."""
    store = Store()
    verdicts = [row.verdict for row in store.verdicts()]
    assert len(Registry(store).list()) == 2
    store.close()
    return {
        "tasks": sorted(done.tasks),  # of those that wait for the same, any may come first
        "decision": done.read("judge", "decision", "decision.json"),
        "scores": done.scores,
        "weights": done.weights("retrain", "challenger"),
        "verdicts": verdicts,
    }
