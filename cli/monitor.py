"""`undertone monitor`: verdicts, what they asked for, and whether it may happen."""

from typing import Annotated

import typer

from cli.console import err, out, table_of
from cli.options import By

app = typer.Typer(
    help="Read verdicts and retrain requests; hold retrains back.", no_args_is_help=True
)


@app.command()
def verdicts() -> None:
    """List the verdicts on live traffic, newest first."""
    from monitoring.store import Store

    table = table_of("when", "champion", "verdict", "report")
    for verdict in reversed(Store().verdicts()):
        table.add_row(*verdict.columns())
    out.print(table)


@app.command()
def retrains() -> None:
    """List the retrains that verdicts asked for, newest first."""
    from monitoring.store import Store

    table = table_of("asked", "state", "challenger", "reason")
    for retrain in reversed(Store().retrains()):
        table.add_row(*retrain.columns())
    out.print(table)


@app.command()
def hold(reason: Annotated[str, typer.Option(help="Why, for all who wonder.")], by: By) -> None:
    """Let no retrain start until `release`; one that runs goes on."""
    from monitoring.store import Store

    Store().hold_retrains(reason, by)
    err.print("No retrain starts until `undertone monitor release`.")


@app.command()
def release(by: By) -> None:
    """Let retrains start again."""
    from monitoring.store import Store

    Store().release_retrains(by)
    err.print("Retrains may start again.")
