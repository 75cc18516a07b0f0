"""`undertone monitor`: verdicts and what they asked for."""

import typer

from cli.console import out

app = typer.Typer(help="Read verdicts and retrain requests.", no_args_is_help=True)


@app.command()
def verdicts() -> None:
    """List the verdicts on live traffic, newest first."""
    from rich.table import Table

    from monitoring.store import Store

    table = Table("when", "champion", "verdict", "report")
    for verdict in Store().verdicts():
        table.add_row(*verdict.columns())
    out.print(table)


@app.command()
def retrains() -> None:
    """List the retrains that verdicts asked for, newest first."""
    from rich.table import Table

    from monitoring.store import Store

    table = Table("asked", "state", "challenger", "reason")
    for retrain in Store().retrains():
        table.add_row(*retrain.columns())
    out.print(table)
