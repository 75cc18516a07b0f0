"""What a task in a container sees; that it runs, the tests in containers tell."""

import os
import sys
from pathlib import Path

import pytest

from pipelines import containers
from pipelines.containers import docker_runner
from pipelines.local import PipelineError, run_local
from undertone.config import Params, load_params


class Quiet:
    def task(self, name: str) -> None:
        pass

    def progress(self, said: str) -> None:
        pass


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Params:
    """Settings that name a table and a model, in an environment with a home and models."""
    for name in ("home", "models", "corpus", "here/own-encoder", "store"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "corpus" / "table.csv").touch()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("UNDERTONE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("UNDERTONE_STORE", f"sqlite:///{tmp_path / 'store' / 'store.sqlite'}")
    monkeypatch.delenv("BENTOML_HOME", raising=False)
    overrides = [
        f"corpus.path={tmp_path / 'corpus' / 'table.csv'}",
        "model.text_encoder=own-encoder",
        "listening.whisper=openai/whisper-tiny.en",
    ]
    return load_params(profile="demo", overrides=overrides)


def test_state_is_writable_and_what_is_given_is_not(
    given: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "_require_image", lambda: None)
    started = docker_runner(given).container_run_args
    read_only = {Path(one["Target"]).name: one["ReadOnly"] for one in started["mounts"]}
    assert read_only == {
        "home": False,
        "store": False,
        "models": True,
        "corpus": True,
        "own-encoder": True,
    }
    assert all(one["Source"] == one["Target"] for one in started["mounts"])
    assert started["network_mode"] == "none"
    assert started["user"] == f"{os.getuid()}:{os.getgid()}"
    assert started["working_dir"] == str(tmp_path / "here")
    assert started["environment"]["UNDERTONE_HOME"] == str(tmp_path / "home")


def test_a_run_without_an_engine_tells_what_to_do(
    given: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'none.sock'}")
    with pytest.raises(PipelineError, match="No Docker Engine answers at unix://"):
        run_local("monitoring", given, Quiet(), "docker")


def test_a_task_that_left_nothing_behind_did_not_succeed(
    given: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = tmp_path / "python"
    claims.write_text("#!/bin/sh\ncat >/dev/null\necho \"Executing task 'ingest'\"\n")
    claims.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(claims))
    with pytest.raises(PipelineError, match="the task ingest left nothing behind"):
        run_local("training", given, Quiet(), "docker")
