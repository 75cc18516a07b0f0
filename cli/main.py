"""The `undertone` command. Nothing heavy is imported before a command needs it."""

import sys
from typing import Annotated

import typer
from rich.markup import escape

from cli import (
    adapter,
    cluster,
    corpora,
    demo,
    diarise,
    forget,
    keys,
    label,
    lineage,
    models,
    monitor,
    policy,
    predict,
    review,
    runs,
    search,
    serve,
    store,
    stress,
)
from cli.console import err
from undertone import __version__
from undertone.errors import UndertoneError
from undertone.telemetry import switch_off

MISTAKE = 2

app = typer.Typer(
    name="undertone",
    help="Hear what a speaker feels under the words.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
app.add_typer(corpora.app, name="corpora")
app.add_typer(runs.app, name="run")
app.add_typer(cluster.app, name="runs")
app.add_typer(label.app, name="label")
app.add_typer(models.app, name="models")
app.add_typer(adapter.app, name="adapter")
app.add_typer(monitor.app, name="monitor")
app.add_typer(review.app, name="review")
app.add_typer(keys.app, name="keys")
app.add_typer(policy.app, name="policy")
app.add_typer(store.app, name="store")
app.command("train", rich_help_panel="Single steps")(runs.train)
app.command("evaluate", rich_help_panel="Single steps")(runs.evaluate)
app.command("stress", rich_help_panel="Single steps")(stress.stress)
app.command("diarise", rich_help_panel="Single steps")(diarise.diarise)
app.command("search", rich_help_panel="Single steps")(search.search)
app.command("serve")(serve.serve)
app.command("predict")(predict.predict)
app.command("lineage")(lineage.lineage)
app.command("forget")(forget.forget)
app.command("demo")(demo.demo)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"undertone {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; a user's mistake ends with its message and status 2."""
    switch_off()
    try:
        app()
    except UndertoneError as error:
        err.print(f"[bold red]{type(error).__name__}[/]: {escape(str(error))}", soft_wrap=True)
        sys.exit(MISTAKE)
