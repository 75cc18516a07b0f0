"""Submit a pipeline to a cluster, now or by a schedule, and never twice."""

import json
import re
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kfp_server_api as api
import yaml

from pipelines.cluster.connection import Cluster, ClusterError
from pipelines.compile import compile_pipeline, parameter
from undertone.config import Params
from undertone.errors import ConfigError

FIELD = re.compile(r"[0-9A-Za-z*?/,-]+")


@dataclass(frozen=True)
class Submitted:
    """A run, or a schedule of runs, that a cluster holds.

    Attributes:
        key: its identifier on the cluster.
        name: as it is listed.
        url: its page.
        new: whether this call made it; otherwise it was there.
    """

    key: str
    name: str
    url: str
    new: bool


def submit(cluster: Cluster, pipeline: str, params: Params, name: str | None = None) -> Submitted:
    """Run a pipeline on a cluster, once.

    The run's name is what it is known by: a second call with the same name, and a repeated request
    whose answer was lost, find the run that is there.

    Args:
        cluster: where.
        pipeline: `training`, `continual` or `monitoring`.
        params: the run's settings.
        name: of the run; without it, one that no other run has.

    Raises:
        ClusterError: the cluster cannot be reached, or refuses.
        ConfigError: the pipeline could not run.
    """
    name = name or f"{pipeline}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    content = _content(cluster, pipeline, params)
    runs = cluster.kfp.runs
    run, new = cluster.make_once(
        _finder(runs.run_service_list_runs, "runs", name, experiment_id=content["experiment_id"]),
        runs.run_service_create_run,
        api.V2beta1Run(display_name=name, **content),
    )
    return Submitted(run.run_id, name, f"{cluster.host}/#/runs/details/{run.run_id}", new)


def schedule(
    cluster: Cluster, pipeline: str, params: Params, cron: str, name: str | None = None
) -> Submitted:
    """Run a pipeline again and again, one run at a time, and none for times that were missed.

    A schedule of the same name is replaced: the new one is made but does not count yet, the old one
    goes, the new one counts. So a schedule that the cluster refuses leaves the old one as it was,
    and no two count at once.

    Args:
        cluster: where.
        pipeline: `training`, `continual` or `monitoring`.
        params: the settings of each run.
        cron: seconds, minutes, hours, day of the month, month, day of the week.
        name: of the schedule.

    Raises:
        ClusterError: the cluster cannot be reached, or refuses.
        ConfigError: `cron` has not six fields, or the pipeline could not run.
    """
    fields = cron.split()
    if len(fields) != 6 or not all(FIELD.fullmatch(field) for field in fields):
        raise ConfigError(
            f"'{cron}' is no schedule. Write six fields, seconds first: '0 0 * * * *' is hourly."
        )
    content = _content(cluster, pipeline, params)
    name = name or _schedule_name(pipeline)
    schedules = cluster.kfp.recurring_runs
    find = _schedules(cluster, name, content["experiment_id"])
    old = {each.recurring_run_id for each in cluster.ask(find)}
    made, _ = cluster.make_once(
        lambda **limits: [each for each in find(**limits) if each.recurring_run_id not in old],
        schedules.recurring_run_service_create_recurring_run,
        api.V2beta1RecurringRun(
            display_name=name,
            mode=api.RecurringRunMode.DISABLE,
            trigger=api.V2beta1Trigger(
                cron_schedule=api.V2beta1CronSchedule(cron=" ".join(fields))
            ),
            max_concurrency="1",
            no_catchup=True,
            **content,
        ),
    )
    key = made.recurring_run_id
    for each in old:
        cluster.remove(schedules.recurring_run_service_delete_recurring_run, each)
    cluster.ask(schedules.recurring_run_service_enable_recurring_run, key)
    return Submitted(key, name, f"{cluster.host}/#/recurringrun/details/{key}", not old)


def unschedule(cluster: Cluster, pipeline: str, params: Params, name: str | None = None) -> str:
    """Take a schedule away; runs that have begun go on.

    Args:
        cluster: where.
        pipeline: whose schedule.
        params: settings, of which the experiment counts.
        name: of the schedule.

    Returns:
        The schedule's name.

    Raises:
        ClusterError: there is none, or the cluster cannot be reached.
    """
    name = name or _schedule_name(pipeline)
    experiment = _experiment(cluster, params.cluster.experiment)
    found = cluster.ask(_schedules(cluster, name, experiment))
    if not found:
        raise ClusterError(f"{cluster.host} has no schedule '{name}' to take away.")
    for each in found:
        cluster.remove(
            cluster.kfp.recurring_runs.recurring_run_service_delete_recurring_run,
            each.recurring_run_id,
        )
    return name


def _schedule_name(pipeline: str) -> str:
    return f"undertone-{pipeline}"


def _content(cluster: Cluster, pipeline: str, params: Params) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{pipeline}.yaml"
        compile_pipeline(pipeline, params, file)
        spec, platform = yaml.safe_load_all(file.read_text(encoding="utf-8"))
    return {
        "experiment_id": _experiment(cluster, params.cluster.experiment),
        "pipeline_spec": {"pipeline_spec": spec, "platform_spec": platform},
        "runtime_config": api.V2beta1RuntimeConfig(
            parameters={"params": parameter(params)}, pipeline_root=params.cluster.pipeline_root
        ),
        "service_account": params.cluster.service_account,
    }


def _experiment(cluster: Cluster, name: str) -> str:
    experiments = cluster.kfp.experiments
    of = {"namespace": cluster.namespace} if cluster.namespace else {}
    found, _ = cluster.make_once(
        _finder(experiments.experiment_service_list_experiments, "experiments", name, **of),
        experiments.experiment_service_create_experiment,
        api.V2beta1Experiment(display_name=name, **of),
    )
    if not found.experiment_id:
        raise ClusterError(f"{cluster.host} does not answer as Kubeflow Pipelines does.")
    return str(found.experiment_id)


def _schedules(cluster: Cluster, name: str, experiment: str) -> Callable[..., list[Any]]:
    listed = cluster.kfp.recurring_runs.recurring_run_service_list_recurring_runs
    return _finder(listed, "recurring_runs", name, experiment_id=experiment)


def _finder(
    listed: Callable[..., Any], field: str, name: str, **of: str
) -> Callable[..., list[Any]]:
    predicate = {"operation": "EQUALS", "key": "display_name", "string_value": name}
    only = json.dumps({"predicates": [predicate]})

    def find(**limits: object) -> list[Any]:
        answer = listed(filter=only, page_size=100, **of, **limits)
        return getattr(answer, field) or []

    return find
