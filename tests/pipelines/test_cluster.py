import functools
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import kfp_server_api as api
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipelines.cluster.connection import TOKEN, Address, Cluster, ClusterError
from pipelines.cluster.following import ENDED, explain, find_log, look, recent, wait
from pipelines.cluster.submission import schedule, submit, unschedule
from pipelines.compile import compile_pipeline, parameter
from pipelines.local import PipelineError
from tests.pipelines.kubeflow import Kubeflow, serving
from undertone.config import ClusterParams, Params, params_from_json
from undertone.errors import ConfigError

Connect = Callable[..., Cluster]
PARAMS = Params(cluster=ClusterParams(experiment="speech", pipeline_root="s3://bucket/runs"))
HOURLY = "0 0 * * * *"


@functools.cache
def _compiled(pipeline: str, params: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        compile_pipeline(pipeline, params_from_json(params), Path(folder) / "ir.yaml")
        return (Path(folder) / "ir.yaml").read_bytes()


@pytest.fixture(autouse=True)
def compile_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pipelines.cluster.submission.compile_pipeline",
        lambda name, params, to: to.write_bytes(_compiled(name, params.model_dump_json())),
    )


@pytest.fixture
def kubeflow(monkeypatch: pytest.MonkeyPatch) -> Kubeflow:
    monkeypatch.delenv(TOKEN, raising=False)
    return Kubeflow()


@pytest.fixture
def host(kubeflow: Kubeflow) -> Iterator[str]:
    with serving(kubeflow) as address:
        yield address


@pytest.fixture
def connect(host: str) -> Connect:
    def made(**address: object) -> Cluster:
        return Cluster(Address(host, **address), pause=0.01, timeout=(2, 0.3))  # type: ignore[arg-type]

    return made


def test_a_submitted_run_is_what_was_compiled(kubeflow: Kubeflow, connect: Connect) -> None:
    made = submit(connect(), "training", PARAMS)
    (run,) = kubeflow.runs()
    (experiment,) = kubeflow.held["experiments"].values()
    assert made.new
    assert (made.key, made.name) == (run["run_id"], run["display_name"])
    assert made.url.endswith(f"/#/runs/details/{run['run_id']}")
    assert run["experiment_id"] == experiment["experiment_id"]
    assert experiment["display_name"] == "speech"
    assert run["runtime_config"]["parameters"] == {"params": parameter(PARAMS)}
    assert run["runtime_config"]["pipeline_root"] == "s3://bucket/runs"
    assert run["pipeline_spec"]["pipeline_spec"]["pipelineInfo"]["name"] == "undertone-training"


def test_an_experiment_is_made_once(kubeflow: Kubeflow, connect: Connect) -> None:
    first, second = (submit(connect(), "training", PARAMS) for _ in range(2))
    assert first.key != second.key
    assert len(kubeflow.held["experiments"]) == 1


@pytest.mark.parametrize("fault", ["lost", "late"])
def test_a_run_whose_answer_is_lost_is_found(
    kubeflow: Kubeflow, connect: Connect, fault: str
) -> None:
    kubeflow.faults.append(("POST /runs", fault))
    made = submit(connect(), "training", PARAMS)
    assert [run["run_id"] for run in kubeflow.runs()] == [made.key]
    assert kubeflow.posts("runs") == 1
    assert made.new


@pytest.mark.parametrize("fault", ["drop", 409, 429, 500, 503])
def test_a_run_that_was_not_made_is_asked_for_again(
    kubeflow: Kubeflow, connect: Connect, fault: str | int
) -> None:
    kubeflow.faults.append(("POST /runs", fault))
    made = submit(connect(), "training", PARAMS)
    assert [run["run_id"] for run in kubeflow.runs()] == [made.key]
    assert kubeflow.posts("runs") == 2


@pytest.mark.parametrize("request_", ["GET /healthz", "GET /experiments", "POST /experiments"])
@pytest.mark.parametrize("fault", ["drop", "lost", "late", 500, 503])
def test_no_fault_before_it_stops_or_doubles_a_run(
    kubeflow: Kubeflow, connect: Connect, request_: str, fault: str | int
) -> None:
    kubeflow.faults.append((request_, fault))
    submit(connect(), "training", PARAMS)
    assert not kubeflow.faults
    assert len(kubeflow.runs()) == len(kubeflow.held["experiments"]) == 1


@pytest.mark.parametrize("fault", [502, 504])
def test_after_a_gateways_silence_nothing_is_made_again(
    kubeflow: Kubeflow, connect: Connect, fault: int
) -> None:
    kubeflow.faults.append(("POST /runs", fault))
    with pytest.raises(ClusterError, match="'night' may yet be made: ask for it again"):
        submit(connect(), "training", PARAMS, "night")
    assert kubeflow.posts("runs") == 1
    assert submit(connect(), "training", PARAMS, "night").new
    assert len(kubeflow.runs()) == 1


def test_tries_are_bounded(kubeflow: Kubeflow, connect: Connect) -> None:
    kubeflow.faults.extend([("POST /runs", 500)] * 20)
    with pytest.raises(ClusterError, match="made up for a test: 500"):
        submit(connect(), "training", PARAMS)
    assert kubeflow.posts("runs") == 5
    assert not kubeflow.runs()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (302, "asks to log in"),
        (400, "made up for a test: 400"),
        (401, "does not know who asks"),
        (403, "does not allow this"),
    ],
)
def test_a_refusal_is_told_and_not_asked_again(
    kubeflow: Kubeflow, connect: Connect, fault: int, said: str
) -> None:
    kubeflow.faults.append(("POST /runs", fault))
    with pytest.raises(ClusterError, match=said):
        submit(connect(), "training", PARAMS)
    assert kubeflow.posts("runs") == 1


def test_a_name_is_used_once(kubeflow: Kubeflow, connect: Connect) -> None:
    first, second = (submit(connect(), "training", PARAMS, "build-7") for _ in range(2))
    assert (first.new, second.new) == (True, False)
    assert first.key == second.key
    assert len(kubeflow.runs()) == 1


def test_without_cache_no_step_of_any_depth_is_cached(kubeflow: Kubeflow, connect: Connect) -> None:
    submit(connect(), "monitoring", Params(cluster=ClusterParams(cache=False)))
    spec = kubeflow.runs()[0]["pipeline_spec"]["pipeline_spec"]
    parents = [spec["root"], *spec["components"].values()]
    tasks = [task for each in parents for task in each.get("dag", {}).get("tasks", {}).values()]
    assert len(tasks) > 10
    assert not any(task["cachingOptions"] for task in tasks)


def test_a_token_file_is_read_for_each_request(
    kubeflow: Kubeflow, connect: Connect, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    kubeflow.token = "first"
    cluster = connect(token_file=file)
    file.write_text("second\n")
    kubeflow.token = "second"
    submit(cluster, "training", PARAMS)
    assert {asked[3] for asked in kubeflow.asked} == {"Bearer first", "Bearer second"}


def test_a_token_of_the_environment_is_used_and_never_told(
    kubeflow: Kubeflow,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv(TOKEN, "s3cr3t")
    kubeflow.token = "s3cr3t"
    submit(connect(), "training", PARAMS)
    kubeflow.token = "another"
    with pytest.raises(ClusterError, match="does not know who asks") as raised:
        submit(connect(), "training", PARAMS)
    printed = capsys.readouterr()
    assert "s3cr3t" not in str(raised.value) + caplog.text + printed.out + printed.err
    assert printed.out == ""


def test_a_pod_uses_the_token_that_it_is_given(
    kubeflow: Kubeflow, connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("of-the-pod")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
    kubeflow.token = "of-the-pod"
    assert submit(connect(), "training", PARAMS).new


def test_where_there_are_several_users_a_namespace_is_asked_for(
    kubeflow: Kubeflow, connect: Connect
) -> None:
    kubeflow.multi_user = True
    cluster = connect(namespace="team")
    submit(cluster, "training", PARAMS)
    recent(cluster, 5)
    asked = [query.get("namespace") for _, path, query, _ in kubeflow.asked if query]
    assert kubeflow.asked[0][1] != "/healthz"
    assert [each["namespace"] for each in kubeflow.held["experiments"].values()] == ["team"]
    assert asked == ["team", None, "team"]  # experiments, runs of one of them, all runs


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (Address("kubeflow.example"), "no address of a cluster"),
        (Address("https://me:word@kubeflow.example"), "holds no password"),
        (Address("https://127.0.0.1:9"), "cannot be reached"),
        (Address("https://127.0.0.1:9", ca_file=Path("none.pem")), "no such file of certificates"),
        (Address("https://127.0.0.1:9", token_file=Path("none")), "none cannot be read"),
        (Address("https://127.0.0.1:9", token_file=Path(os.devnull)), "is empty"),
        (Address("http://kubeflow.example", token_file=Path(__file__)), "could read the token"),
    ],
)
def test_an_address_that_cannot_be_used(kubeflow: Kubeflow, address: Address, said: str) -> None:
    with pytest.raises(ClusterError, match=said):
        Cluster(address, pause=0.01)


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubeflow")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / "kubeflow.pem"
    file.write_bytes(certificate.public_bytes(pem) + key.private_bytes(pem, *plain))
    return file


def test_a_host_with_a_certificate_of_its_own(kubeflow: Kubeflow, tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    with serving(kubeflow, certificate) as host:
        with pytest.raises(ClusterError, match=r"is not trusted.*VERIFY_FAILED.*--ca-file"):
            Cluster(Address(host), pause=0.01)
        cluster = Cluster(Address(host, ca_file=certificate), pause=0.01)
        assert submit(cluster, "training", PARAMS).url.startswith("https://")


def test_a_server_of_another_kind_is_told_apart(kubeflow: Kubeflow, connect: Connect) -> None:
    cluster = connect()
    kubeflow.make = lambda *_: {}  # type: ignore[method-assign]
    with pytest.raises(ClusterError, match="does not answer as Kubeflow Pipelines does"):
        submit(cluster, "training", PARAMS)


def test_a_schedule_runs_one_at_a_time_and_catches_nothing_up(
    kubeflow: Kubeflow, connect: Connect
) -> None:
    made = schedule(connect(), "monitoring", PARAMS, HOURLY)
    (held,) = kubeflow.schedules()
    assert made.new
    assert (held["display_name"], held["mode"]) == ("undertone-monitoring", "ENABLE")
    assert held["trigger"] == {"cron_schedule": {"cron": HOURLY}}
    assert held["max_concurrency"] == "1"
    assert held["no_catchup"] is True
    assert held["runtime_config"]["parameters"] == {"params": parameter(PARAMS)}


@pytest.mark.parametrize("fault", [None, "lost", "late", "drop", 500])
@pytest.mark.parametrize("request_", ["POST /recurringruns", "DELETE /recurringruns"])
def test_a_schedule_is_replaced_and_never_doubled(
    kubeflow: Kubeflow, connect: Connect, request_: str, fault: str | int | None
) -> None:
    schedule(connect(), "monitoring", PARAMS, HOURLY)
    if fault:
        kubeflow.faults.append((request_, fault))
    made = schedule(connect(), "monitoring", PARAMS, "0 30 * * * *")
    (held,) = kubeflow.schedules()
    assert not made.new
    assert held["recurring_run_id"] == made.key
    assert held["trigger"]["cron_schedule"]["cron"] == "0 30 * * * *"
    assert held["mode"] == "ENABLE"


def test_a_schedule_that_is_refused_leaves_the_old_one(
    kubeflow: Kubeflow, connect: Connect
) -> None:
    schedule(connect(), "monitoring", PARAMS, HOURLY)
    with pytest.raises(ClusterError, match="Invalid cron schedule"):
        schedule(connect(), "monitoring", PARAMS, "99 0 * * * *")
    (held,) = kubeflow.schedules()
    assert (held["trigger"]["cron_schedule"]["cron"], held["mode"]) == (HOURLY, "ENABLE")


@pytest.mark.parametrize("cron", ["0 * * * *", "hourly", "0 0 * * * ;", ""])
def test_a_schedule_has_six_fields(connect: Connect, cron: str) -> None:
    with pytest.raises(ConfigError, match="Write six fields"):
        schedule(connect(), "monitoring", PARAMS, cron)


def test_a_schedule_is_taken_away(kubeflow: Kubeflow, connect: Connect) -> None:
    schedule(connect(), "monitoring", PARAMS, HOURLY)
    assert unschedule(connect(), "monitoring", PARAMS) == "undertone-monitoring"
    assert not kubeflow.schedules()
    with pytest.raises(ClusterError, match="no schedule 'undertone-monitoring'"):
        unschedule(connect(), "monitoring", PARAMS)


class Told:
    """A watcher that keeps what it was told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def task(self, name: str) -> None:
        self.heard.append(f"{name}…")

    def progress(self, said: str) -> None:
        self.heard.append(said)

    def ended(self, name: str, state: str, seconds: float) -> None:
        self.heard.append(f"{name} {state} {seconds:.1f}")


def test_a_run_is_followed_to_its_end(kubeflow: Kubeflow, connect: Connect) -> None:
    cluster = connect()
    key = submit(cluster, "training", PARAMS).key
    run = kubeflow.held["runs"][key]
    told = Told()
    follower = threading.Thread(target=wait, args=(cluster, key, told, 0.01))
    kubeflow.task(run, "ingest", "SUCCEEDED")
    kubeflow.task(run, "hear", "RUNNING", "hearing 400/1600\n")
    follower.start()
    while "hearing 400/1600" not in told.heard:
        assert follower.is_alive()
        time.sleep(0.01)
    kubeflow.task(run, "hear", "SUCCEEDED")
    run["state"] = "SUCCEEDED"
    follower.join(timeout=10)
    assert not follower.is_alive()
    assert told.heard[:3] == ["ingest SUCCEEDED 12.5", "hear…", "hearing 400/1600"]
    assert told.heard[-1].startswith("hear SUCCEEDED 12.")


def _failed(kubeflow: Kubeflow, cluster: Cluster, log: str | None) -> str:
    key = submit(cluster, "training", PARAMS, "night").key
    run = kubeflow.held["runs"][key]
    kubeflow.task(run, "ingest", "SUCCEEDED", "")
    kubeflow.task(run, "hear", "FAILED", log)
    run["state"] = "FAILED"
    return key


def test_a_failed_task_is_told_in_its_own_words(kubeflow: Kubeflow, connect: Connect) -> None:
    log = "Traceback (most recent call last):\nundertone.errors.CorpusError: no speech at all\n"
    cluster = connect()
    key = _failed(kubeflow, cluster, log)
    with pytest.raises(PipelineError) as raised:
        wait(cluster, key, Told(), 0.01)
    assert str(raised.value).splitlines() == [
        "The run night stopped at hear: no speech at all",
        f"Its log: undertone runs log {key} hear --host {cluster.host}",
    ]
    assert find_log(cluster, key, "hear") == log


def test_a_log_that_is_not_handed_out_is_told_where_to_find(
    kubeflow: Kubeflow, connect: Connect
) -> None:
    cluster = connect()
    key = _failed(kubeflow, cluster, None)
    told = explain(cluster, look(cluster, key))
    assert "stopped at hear: a task failed" in told
    assert "kubectl logs" in told
    with pytest.raises(ClusterError, match="wf-system-container-impl-1032"):
        find_log(cluster, key, "hear")
    with pytest.raises(ClusterError, match="Those that have: ingest, hear"):
        find_log(cluster, key, "register")


def test_a_task_whose_driver_failed_has_failed(kubeflow: Kubeflow, connect: Connect) -> None:
    cluster = connect()
    key = submit(cluster, "training", PARAMS).key
    run = kubeflow.held["runs"][key]
    run["run_details"]["task_details"] = [
        {
            "task_id": "wf-1",
            "display_name": "ingest-driver",
            "state": "FAILED",
            "start_time": "2026-01-01T00:00:00Z",
            "end_time": "2026-01-01T00:00:02Z",
            "error": {"message": "image not found"},
        }
    ]
    run["state"] = "FAILED"
    seen = look(cluster, key)
    assert [(task.name, task.state, task.seconds) for task in seen.tasks] == [
        ("ingest", "FAILED", 2.0)
    ]
    assert "stopped at ingest: image not found" in explain(cluster, seen)


def test_a_stopped_run_and_an_unknown_one(kubeflow: Kubeflow, connect: Connect) -> None:
    cluster = connect()
    key = submit(cluster, "training", PARAMS, "night").key
    kubeflow.held["runs"][key]["state"] = "CANCELED"
    with pytest.raises(PipelineError, match="The run night ended as CANCELED"):
        wait(cluster, key, Told(), 0.01)
    with pytest.raises(ClusterError, match="does not know what was asked for"):
        look(cluster, "nothing")


def test_the_states_that_end_a_run_are_those_of_the_api() -> None:
    assert set(ENDED) < set(api.V2beta1RuntimeState.allowable_values)
