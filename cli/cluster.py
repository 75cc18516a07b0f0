"""`undertone run … --submit HOST` and `undertone runs`: pipelines on a cluster."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from cli.console import Spinner, err, out, table_of
from undertone.errors import ConfigError

if TYPE_CHECKING:
    from pipelines.cluster.connection import Cluster
    from undertone.config import Params

PANEL = "On a cluster"
TokenFile = Annotated[
    Path | None,
    typer.Option(
        help="File with the token to ask with, read again for each request. Without it "
        "UNDERTONE_CLUSTER_TOKEN counts, then the token that a pod is given.",
        rich_help_panel=PANEL,
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(help="Certificates to trust, for a host with its own.", rich_help_panel=PANEL),
]
Namespace = Annotated[
    str | None,
    typer.Option(help="Of your profile, if Kubeflow has several users.", rich_help_panel=PANEL),
]
Host = Annotated[
    str,
    typer.Option(envvar="UNDERTONE_CLUSTER", help="Address of Kubeflow Pipelines, https://…"),
]
RunId = Annotated[str, typer.Argument(help="The run's identifier, as --submit printed it.")]

app = typer.Typer(help="Runs on a cluster: list, show, follow, read logs.", no_args_is_help=True)


@dataclass(frozen=True)
class Submission:
    """Where a pipeline is to run, as the options say; here without `host`."""

    host: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    namespace: str | None = None
    experiment: str | None = None
    run_name: str | None = None
    no_cache: bool = False
    wait: bool = False


def submission(
    submit: Annotated[
        str | None,
        typer.Option(
            help="Run on the Kubeflow Pipelines at this address instead of here.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    namespace: Namespace = None,
    experiment: Annotated[
        str | None, typer.Option(help="To list the run under.", rich_help_panel=PANEL)
    ] = None,
    run_name: Annotated[
        str | None,
        typer.Option(
            help="Of the run, or of the schedule. A run of that name is not made twice.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Run every step anew.", rich_help_panel=PANEL)
    ] = False,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Follow the run; fail if it fails.", rich_help_panel=PANEL),
    ] = False,
) -> Submission:
    """The options of a pipeline that can run on a cluster."""
    found = Submission(submit, token_file, ca_file, namespace, experiment, run_name, no_cache, wait)
    if submit is None and found != Submission():
        raise ConfigError("These options are for a cluster: give its address by --submit.")
    return found


def with_options(build: Callable[..., Any]) -> Callable[[Callable[..., None]], Any]:
    """Give a command the options of `build` in place of its first parameter, its result."""
    shared = [
        option.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for option in inspect.signature(build).parameters.values()
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command).parameters.values())[1:]

        @functools.wraps(command)
        def run(**options: Any) -> None:
            made = build(**{option.name: options.pop(option.name) for option in shared})
            command(made, **options)

        run.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
        return run

    return decorate


def connect(
    host: Host,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    namespace: Namespace = None,
) -> "Cluster":
    """The cluster that the options mean."""
    from pipelines.cluster.connection import Address, Cluster

    return Cluster(Address(host, namespace, token_file, ca_file))


def submit(pipeline: str, params: "Params", to: Submission, every: str | None) -> None:
    """Run a pipeline on a cluster, now or by a schedule; print its identifier."""
    from pipelines.cluster.fitness import check_for_cluster
    from pipelines.cluster.submission import schedule, unschedule
    from pipelines.cluster.submission import submit as submit_run

    changes = {"namespace": to.namespace, "experiment": to.experiment}
    given: dict[str, object] = {name: value for name, value in changes.items() if value}
    if to.no_cache:
        given["cache"] = False
    settings = params.cluster.model_copy(update=given)
    params = params.model_copy(update={"cluster": settings})
    doubts = [] if every == "never" else check_for_cluster(params)
    for doubt in doubts:
        err.print(f"[yellow]{escape(doubt)}[/]", soft_wrap=True)
    cluster = connect(str(to.host), to.token_file, to.ca_file, settings.namespace)
    if every == "never":
        err.print(f"schedule {unschedule(cluster, pipeline, params, to.run_name)} taken away")
        return
    if every is not None:
        made = schedule(cluster, pipeline, params, every, to.run_name)
        verb = "made" if made.new else "replaced"
    else:
        made = submit_run(cluster, pipeline, params, to.run_name)
        verb = "submitted" if made.new else "was there already"
    err.print(f"{escape(made.name)} {verb}: {made.url}", soft_wrap=True)
    out.print(made.key, soft_wrap=True)
    if to.wait and every is None:
        _wait(cluster, made.key)


@app.command("list")
@with_options(connect)
def list_runs(
    cluster: "Cluster",
    count: Annotated[int, typer.Option(min=1, max=100, help="How many, at most.")] = 20,
) -> None:
    """The latest runs, newest first."""
    from pipelines.cluster.following import recent

    table = table_of("run", "state", "submitted", "name")
    for run in recent(cluster, count):
        submitted = f"{run.created:%Y-%m-%d %H:%M}" if run.created else ""
        table.add_row(run.key, run.state, submitted, escape(run.name))
    out.print(table)


@app.command()
@with_options(connect)
def show(
    cluster: "Cluster",
    run_id: RunId,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run; fail if it fails.")] = False,
) -> None:
    """A run's tasks, and why it failed if it did."""
    from pipelines.cluster.following import explain, look

    if wait:
        _wait(cluster, run_id)
        return
    run = look(cluster, run_id)
    table = table_of("task", "seconds", "state")
    for task in run.tasks:
        table.add_row(escape(task.name), f"{task.seconds:.1f}", task.state)
    out.print(table)
    out.print(f"{escape(run.name)}: {run.state}")
    if run.state == "FAILED":
        out.print(escape(explain(cluster, run)), soft_wrap=True)


@app.command()
@with_options(connect)
def log(
    cluster: "Cluster",
    run_id: RunId,
    task: Annotated[str, typer.Argument(help="Name of one of its tasks.")],
) -> None:
    """What a task printed so far."""
    from pipelines.cluster.following import find_log

    out.out(find_log(cluster, run_id, task), highlight=False, end="")


def _wait(cluster: "Cluster", run_id: str) -> None:
    from pipelines.cluster.following import wait

    with Spinner(run_id) as spinner:
        wait(cluster, run_id, spinner)
