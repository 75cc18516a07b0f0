"""`undertone monitor`: verdicts and what they asked for."""

import typer

from cli.console import out, table_of

app = typer.Typer(help="Read verdicts and retrain requests.", no_args_is_help=True)


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
