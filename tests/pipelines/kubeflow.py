"""A stand-in for the API of Kubeflow Pipelines; bodies are checked against kfp's own models."""

import json
import re
import socket
import ssl
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import kfp_server_api as api
from google.protobuf import json_format
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes_pb2
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

Body = dict[str, Any]
CLIENT = api.ApiClient()
KINDS = {  # of each collection: model, its key, and the name under which it is listed
    "experiments": (api.V2beta1Experiment, "experiment_id", "experiments"),
    "runs": (api.V2beta1Run, "run_id", "runs"),
    "recurringruns": (api.V2beta1RecurringRun, "recurring_run_id", "recurringRuns"),
}


class RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


def check(body: Body, model: type) -> None:
    """Refuse what kfp's model of it has not."""
    known = model.attribute_map.values()
    if unknown := sorted(set(body) - set(known)):
        raise RefusedError(400, f"unknown fields {unknown}")
    CLIENT.deserialize(SimpleNamespace(data=json.dumps(body)), model.__name__)
    if spec := body.get("pipeline_spec"):
        json_format.ParseDict(spec["pipeline_spec"], spec_pb2.PipelineSpec())
        json_format.ParseDict(spec["platform_spec"], spec_pb2.PlatformSpec())
        deployment = spec["platform_spec"]["platforms"]["kubernetes"]["deploymentSpec"]
        for executor in deployment["executors"].values():
            json_format.ParseDict(executor, kubernetes_pb2.KubernetesExecutorConfig())


class Kubeflow:
    """What the cluster holds, and how it is to misbehave.

    `faults` are used up one by one, by requests that begin with `METHOD /collection`: a status is
    answered in place of doing anything; "drop" hangs up; "lost" does it and hangs up; "late" does
    it and answers `late` seconds later.
    """

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Body]] = {kind: {} for kind in KINDS}
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self.faults: deque[tuple[str, str | int]] = deque()
        self.late = 1.0
        self.token = ""
        self.multi_user = False
        self.logs: dict[str, str] = {}

    def runs(self) -> list[Body]:
        return list(self.held["runs"].values())

    def schedules(self) -> list[Body]:
        return list(self.held["recurringruns"].values())

    def posts(self, collection: str) -> int:
        return sum((method, path) == ("POST", f"/{collection}") for method, path, *_ in self.asked)

    def make(self, collection: str, body: Body) -> Body:
        model, key, _ = KINDS[collection]
        check(body, model)
        if collection == "recurringruns" and body["trigger"]["cron_schedule"]["cron"][0] == "9":
            raise RefusedError(400, "Invalid cron schedule")
        made = {**body, key: str(uuid.uuid4()), "created_at": _now()}
        if collection == "runs":
            made |= {"state": "PENDING", "run_details": {"task_details": []}}
        self.held[collection][made[key]] = made
        return made

    def list(self, collection: str, query: dict[str, str]) -> Body:
        names = [
            predicate["string_value"]
            for predicate in json.loads(query.get("filter", "{}")).get("predicates", [])
        ]
        found = [
            each
            for each in self.held[collection].values()
            if each["display_name"] in (names or [each["display_name"]])
            and each.get("experiment_id") == query.get("experiment_id", each.get("experiment_id"))
        ]
        return {KINDS[collection][2]: found, "total_size": len(found)}

    def task(self, run: Body, name: str, state: str, log: str | None = None) -> None:
        """Set how a task of a run is, in the nodes that KFP tells of."""
        number = 1000 + 10 * len(run["run_details"]["task_details"])
        nodes = {node["display_name"]: node for node in run["run_details"]["task_details"]}
        began = _now(-12.5)
        if name not in nodes:
            executor = {"task_id": f"wf-{number + 2}", "display_name": "executor", "state": state}
            node = {"task_id": f"wf-{number + 1}", "display_name": name, "start_time": began}
            node["child_tasks"] = [{"pod_name": executor["task_id"]}]
            driver = {"task_id": f"wf-{number}", "display_name": f"{name}-driver"}
            driver |= {"state": "SUCCEEDED", "start_time": began, "end_time": began}
            run["run_details"]["task_details"] += [driver, node, executor]
            nodes[name] = node
        nodes[name] |= {
            "state": state,
            "end_time": "1970-01-01T00:00:00Z" if state == "RUNNING" else _now(),
        }
        if log is not None:
            executor_id = nodes[name]["child_tasks"][0]["pod_name"]
            self.logs[executor_id.replace("wf-", "wf-system-container-impl-")] = log


def _now(shift: float = 0.0) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=shift):%Y-%m-%dT%H:%M:%S.%fZ}"


class _Handler(BaseHTTPRequestHandler):
    cluster: Kubeflow

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        url = urlsplit(self.path)
        path = re.sub("^/apis/v2beta1", "", url.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.cluster.asked.append(
            (self.command, path, dict(parse_qsl(url.query)), self.headers.get("Authorization", ""))
        )
        fault = self._fault(path)
        if fault == "drop":
            self._hang_up()
            return
        if isinstance(fault, int):
            self._send(fault, {"message": f"made up for a test: {fault}"})
            return
        try:
            answer = self._answer(path, dict(parse_qsl(url.query)), body)
        except RefusedError as refused:
            told = {"error": refused.message, "code": 13, "message": refused.message}
            self._send(refused.status, told)
            return
        if fault == "late":
            time.sleep(self.cluster.late)
        if fault == "lost":
            self._hang_up()
        else:
            self._send(200, answer)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815

    def _fault(self, path: str) -> str | int | None:
        if self.cluster.faults and f"{self.command} {path}".startswith(self.cluster.faults[0][0]):
            return self.cluster.faults.popleft()[1]
        return None

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, path: str, query: dict[str, str], body: bytes) -> Body | str:
        cluster = self.cluster
        if cluster.token and self.headers.get("Authorization") != f"Bearer {cluster.token}":
            raise RefusedError(401, "Request header error: there is no user identity header.")
        if path == "/healthz":
            return {"multi_user": cluster.multi_user}
        if match := re.fullmatch(r"/apis/v1alpha1/runs/[^/]+/nodes/([^/]+)/log", path):
            if match[1] not in cluster.logs:
                raise RefusedError(500, f"pods {match[1]} not found")
            return cluster.logs[match[1]]
        collection, _, rest = path.lstrip("/").partition("/")
        if collection not in KINDS:
            raise RefusedError(404, f"{path} not found")
        if not rest:
            given = json.loads(body) if body else {}
            made = self.command == "POST"
            return cluster.make(collection, given) if made else cluster.list(collection, query)
        return self._one(cluster.held[collection], *rest.partition(":")[::2])

    def _one(self, held: dict[str, Body], key: str, verb: str) -> Body:
        if key not in held:
            raise RefusedError(404, f"{key} not found")
        if self.command == "DELETE":
            return held.pop(key) and {}
        if verb == "enable":
            held[key]["mode"] = "ENABLE"
            return {}
        return held[key]

    def _send(self, status: int, answer: Body | str) -> None:
        content = answer if isinstance(answer, str) else json.dumps(answer)
        self.send_response(status)
        self.send_header("Content-Length", str(len(content.encode())))
        self.end_headers()
        with suppress(BrokenPipeError):  # of a caller who waited long enough
            self.wfile.write(content.encode())


@contextmanager
def serving(cluster: Kubeflow, certificate: Path | None = None) -> Iterator[str]:
    """Serve a cluster on this machine, by TLS with a certificate; yields its address."""
    handler = type("Handler", (_Handler,), {"cluster": cluster})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
