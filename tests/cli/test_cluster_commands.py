import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from pipelines.cluster.connection import ClusterError
from tests.pipelines.kubeflow import Kubeflow, serving
from undertone.config import params_from_json
from undertone.errors import ConfigError

FIT = [
    "--set=cluster.image=registry.example/undertone-python:1-pipeline-cpu",
    "--set=cluster.secrets={store: {url: UNDERTONE_STORE}}",
    "--set=cluster.volumes={/var/lib/undertone: state}",
]
LOG = "hearing 400/1600\nundertone.errors.ModelError: whisper-tiny.en is in none of /models.\n"


@pytest.fixture
def kubeflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Kubeflow]:
    cluster = Kubeflow()
    cluster.token = "right"
    (tmp_path / "token").write_text("right")
    monkeypatch.chdir(tmp_path)
    with serving(cluster) as host:
        monkeypatch.setenv("UNDERTONE_CLUSTER", host)
        yield cluster


def undertone(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--token-file", "token"], catch_exceptions=True)


def submit(*arguments: str) -> Result:
    return undertone("run", *arguments, "--submit", os.environ["UNDERTONE_CLUSTER"], *FIT)


def test_a_submitted_run_is_printed_with_its_page_listed_and_shown(kubeflow: Kubeflow) -> None:
    submitted = submit("training", "--run-name", "night", "--experiment", "e", "--no-cache")
    (run,) = kubeflow.runs()
    (experiment,) = kubeflow.held["experiments"].values()
    tasks = run["pipeline_spec"]["pipeline_spec"]["root"]["dag"]["tasks"]
    assert submitted.stdout.strip() == run["run_id"]
    assert f"night submitted: {os.environ['UNDERTONE_CLUSTER']}/#/runs/" in submitted.stderr
    assert experiment["display_name"] == "e"
    assert not any(task["cachingOptions"] for task in tasks.values())
    assert (
        "night was there already"
        in submit("training", "--run-name", "night", "--experiment", "e").stderr
    )
    listed = undertone("runs", "list").stdout
    assert run["run_id"] in listed
    assert "night" in listed
    kubeflow.task(run, "ingest", "SUCCEEDED", "done\n")
    shown = undertone("runs", "show", run["run_id"]).stdout
    assert "ingest" in shown
    assert "12.5" in shown
    assert undertone("runs", "log", run["run_id"], "ingest").stdout == "done\n"


def test_a_corpus_on_an_object_store_stays_where_it_is(kubeflow: Kubeflow) -> None:
    assert submit("training", "--corpus", "emodb=s3://undertone/corpora/emodb").exit_code == 0
    (run,) = kubeflow.runs()
    given = params_from_json(run["runtime_config"]["parameters"]["params"]).corpus
    assert (given.name, given.path) == ("emodb", "s3://undertone/corpora/emodb")


def test_a_corpus_of_this_machine_is_refused(kubeflow: Kubeflow, tmp_path: Path) -> None:
    refused = submit("training", "--corpus", 'emodb=my "own" emodb').exception
    assert isinstance(refused, ConfigError)
    assert f'corpus.path: {tmp_path}/my "own" emodb lies on no volume' in str(refused)
    assert "give its URI, like s3://BUCKET/PREFIX" in str(refused)
    assert not kubeflow.held["experiments"]


def test_a_wrong_token_is_a_mistake(kubeflow: Kubeflow) -> None:
    kubeflow.token = "another"
    result = submit("training")
    assert isinstance(result.exception, ClusterError)
    assert "does not know who asks" in str(result.exception)
    assert not kubeflow.runs()


def test_monitoring_is_scheduled_and_taken_off(kubeflow: Kubeflow) -> None:
    made = submit("monitoring", "--every", "0 0 * * * *")
    assert made.stdout.strip() == kubeflow.schedules()[0]["recurring_run_id"]
    assert "undertone-monitoring made" in made.stderr
    assert "undertone-monitoring replaced" in submit("monitoring", "--every", "0 5 * * * *").stderr
    assert len(kubeflow.schedules()) == 1
    host = os.environ["UNDERTONE_CLUSTER"]
    never = undertone("run", "monitoring", "--submit", host, "--every", "never")
    assert "taken away" in never.stderr
    assert not kubeflow.schedules()
    assert not kubeflow.runs()


def _fail_at_hearing(kubeflow: Kubeflow, begun: threading.Event) -> None:
    while not kubeflow.runs():
        assert not begun.wait(0.02)
    (run,) = kubeflow.runs()
    kubeflow.task(run, "ingest", "SUCCEEDED", "")
    kubeflow.task(run, "hear", "FAILED", LOG)
    run["state"] = "FAILED"


def test_a_run_that_is_waited_for_fails_with_its_tasks_own_words(kubeflow: Kubeflow) -> None:
    given_up = threading.Event()
    failing = threading.Thread(target=_fail_at_hearing, args=(kubeflow, given_up))
    failing.start()
    host = os.environ["UNDERTONE_CLUSTER"]
    arguments = ["run", "training", "--submit", host, "--token-file", "token", "--wait", *FIT]
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments], capture_output=True, text=True, check=False
    )
    given_up.set()
    failing.join()
    assert done.returncode == 2
    assert "✓ ingest" in done.stderr
    assert "✗ hear" in done.stderr
    assert "stopped at hear: whisper-tiny.en is in none of /models." in done.stderr
    assert f"undertone runs log {done.stdout.strip()} hear --host {host}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "right" not in done.stderr + done.stdout
