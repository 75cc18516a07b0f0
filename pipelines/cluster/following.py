"""How far a run on a cluster is, what its tasks print, and why one failed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from kfp_server_api import ApiException
from urllib3.exceptions import HTTPError

from pipelines.cluster.connection import Cluster, ClusterError
from pipelines.local import PipelineError, Watcher, mistake_in, read_log

ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
DRIVER = "-driver"
STEP, STEP_DRIVER = "system-container-impl", "system-container-driver"  # KFP's templates of the two


class RunWatcher(Watcher, Protocol):
    """Who wants to know how a run on a cluster goes on, where tasks may run side by side."""

    def ended(self, name: str, state: str, seconds: float) -> None:
        """A task ended, in one of the states of KFP's API."""


@dataclass(frozen=True)
class Task:
    """A step of a run.

    Attributes:
        name: as in the pipeline.
        state: of `RuntimeState` in KFP's API, e.g. RUNNING.
        seconds: since it started, or that it took.
        pods: names that the pod may have in which its code runs.
        said: what the API says of its failure.
    """

    name: str
    state: str
    seconds: float
    pods: tuple[str, ...]
    said: str


@dataclass(frozen=True)
class Run:
    """A run at a moment.

    Attributes:
        key: its identifier.
        name: as it is listed.
        state: of `RuntimeState` in KFP's API.
        created: when it was submitted.
        tasks: its steps in the order in which they started; those that have not are missing.
        said: what the API says of its failure.
    """

    key: str
    name: str
    state: str
    created: datetime | None
    tasks: tuple[Task, ...]
    said: str


def look(cluster: Cluster, key: str) -> Run:
    """A run as it is now.

    Args:
        cluster: where.
        key: its identifier.

    Raises:
        ClusterError: there is no such run, or the cluster cannot be reached.
    """
    return _run(cluster.ask(cluster.kfp.runs.run_service_get_run, key))


def recent(cluster: Cluster, count: int) -> list[Run]:
    """The latest runs, newest first.

    Args:
        cluster: where.
        count: at most.

    Raises:
        ClusterError: the cluster cannot be reached, or refuses.
    """
    of = {"namespace": cluster.namespace} if cluster.namespace else {}
    listed = cluster.kfp.runs.run_service_list_runs
    answer = cluster.ask(listed, sort_by="created_at desc", page_size=count, **of)
    return [_run(each) for each in answer.runs or []]


def wait(cluster: Cluster, key: str, watcher: RunWatcher, pause: float = 5.0) -> None:
    """Follow a run until it has ended.

    Args:
        cluster: where.
        key: the run's identifier.
        watcher: told of what runs, and of each task that ended.
        pause: seconds between two looks.

    Raises:
        ClusterError: the cluster cannot be reached for longer than the tries of one request.
        PipelineError: the run failed or was stopped.
    """
    told: set[str] = set()
    while True:
        run = look(cluster, key)
        for task in run.tasks:
            if task.state in ENDED and task.name not in told:
                told.add(task.name)
                watcher.ended(task.name, task.state, task.seconds)
            elif task.state == "RUNNING":
                watcher.task(task.name)
                read_log((log_of(cluster, run, task) or "").splitlines(), watcher)
        if run.state in ENDED:
            break
        time.sleep(pause)
    if run.state != "SUCCEEDED":
        raise PipelineError(explain(cluster, run))


def explain(cluster: Cluster, run: Run) -> str:
    """Why a run did not succeed, and where to read on.

    Args:
        cluster: where.
        run: one that has ended.

    Raises:
        ClusterError: the cluster cannot be reached.
    """
    failed = next((task for task in run.tasks if task.state == "FAILED"), None)
    if failed is None:
        return f"The run {run.name} ended as {run.state}. {run.said}".rstrip()
    log = log_of(cluster, run, failed)
    reason = mistake_in((log or "").splitlines()) or failed.said or run.said
    head = f"The run {run.name} stopped at {failed.name}: {reason or 'a task failed'}"
    if log is None:
        return f"{head}\n{_elsewhere(failed)}"
    return f"{head}\nIts log: undertone runs log {run.key} {failed.name} --host {cluster.host}"


def find_log(cluster: Cluster, key: str, name: str) -> str:
    """What a task of a run printed so far.

    Args:
        cluster: where.
        key: the run's identifier.
        name: the task's.

    Raises:
        ClusterError: there is no such run or task, or the cluster does not hand out the log.
    """
    run = look(cluster, key)
    task = next((each for each in run.tasks if each.name == name), None)
    if task is None:
        begun = ", ".join(each.name for each in run.tasks) or "none"
        raise ClusterError(f"No task '{name}' of {run.name} has begun. Those that have: {begun}.")
    log = log_of(cluster, run, task)
    if log is None:
        raise ClusterError(_elsewhere(task))
    return log


def log_of(cluster: Cluster, run: Run, task: Task) -> str | None:
    """What a task printed so far.

    KFP hands out a pod's log while there is the pod, and then what it archived, if it does.

    Args:
        cluster: where.
        run: the run.
        task: one of its tasks.

    Returns:
        The log, or None if the cluster does not hand it out.
    """
    for pod in task.pods:
        try:
            return cluster.kfp.read_log(run.key, pod)
        except (ApiException, HTTPError):  # it names each of its reasons 500: there is no telling
            continue
    return None


def _elsewhere(task: Task) -> str:
    pods = " or ".join(task.pods) or "its pod"
    return (
        f"Kubeflow does not hand out the log of {task.name}. While its pod exists, so does "
        f"`kubectl logs --container main POD`, where POD is {pods}."
    )


def _run(run: Any) -> Run:
    nodes = (run.run_details and run.run_details.task_details) or []
    spec = run.pipeline_spec or {}
    tasks = _tasks(nodes, set(_steps(spec.get("pipeline_spec", spec))))
    return Run(
        key=run.run_id,
        name=run.display_name,
        state=run.state or "PENDING",
        created=run.created_at,
        tasks=tuple(task for _, task in sorted(tasks, key=lambda pair: pair[0])),
        said=_said(run),
    )


def _steps(spec: dict[str, Any]) -> Iterator[str]:
    components = spec.get("components", {})
    for parent in (spec.get("root", {}), *components.values()):
        for name, task in parent.get("dag", {}).get("tasks", {}).items():
            if "executorLabel" in components[task["componentRef"]["name"]]:
                yield name


def _tasks(nodes: list[Any], steps: set[str]) -> Iterator[tuple[datetime, Task]]:
    # KFP tells the nodes of the workflow into which it made the pipeline. A step is three of them:
    # STEP-driver, which prepares it, STEP, and within that `executor`, where its code runs.
    known = {node.task_id: node for node in nodes}
    for node in nodes:
        name = node.display_name.removesuffix(DRIVER)
        if name not in steps:
            continue
        if node.display_name == name:
            inner = [known.get(child.pod_name) for child in node.child_tasks or []]
            run_by = [each for each in inner if each and each.display_name.startswith("executor")]
            pods = [pod for each in run_by for pod in _pods(each.task_id, STEP)]
        elif node.state == "FAILED":
            pods = _pods(node.task_id, STEP_DRIVER)
        else:
            continue
        yield (
            node.start_time or node.create_time or datetime.now(UTC),
            Task(name, node.state or "PENDING", _seconds(node), tuple(pods), _said(node)),
        )


def _pods(node: str, template: str) -> list[str]:
    # Argo names pods after the template since 3.4, and as the node before.
    workflow, _, number = node.rpartition("-")
    return [f"{workflow}-{template}-{number}", node]


def _seconds(node: Any) -> float:
    if not node.start_time:
        return 0.0
    running = node.end_time is None or node.end_time < node.start_time  # the year 1970
    end = datetime.now(UTC) if running else node.end_time
    return float((end - node.start_time).total_seconds())


def _said(told: Any) -> str:
    return " ".join(((told.error and told.error.message) or "").split())
