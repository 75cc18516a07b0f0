"""`undertone keys`: who may use the service."""

from datetime import timedelta
from typing import Annotated

import typer

from cli.console import err, out, table_of
from cli.options import By
from serving.access.routes import Scope

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
Name = Annotated[str, typer.Option(help="Stands in the log, the key does not.")]


@app.command()
def create(
    name: Name,
    by: By,
    scope: Annotated[list[Scope], typer.Option(help="What the key opens; may be repeated.")],
    rate: Annotated[int | None, typer.Option(min=1, help="Requests a minute, at most.")] = None,
    quota: Annotated[int | None, typer.Option(min=1, help="Requests a day, at most.")] = None,
    days: Annotated[float | None, typer.Option(min=0, help="Until the key expires.")] = None,
) -> None:
    """Make a key and print it, this once."""
    from monitoring.store import Store

    key = Store().create_key(
        name,
        scope,
        rate_per_minute=rate,
        quota_per_day=quota,
        lifetime=timedelta(days=days) if days is not None else None,
        by=by,
    )
    err.print(f"Key '{name}' for {', '.join(scope)}. It is not shown again:")
    out.print(key, highlight=False, soft_wrap=True)


@app.command("list")
def list_() -> None:
    """List the keys: never themselves, only their public part."""
    from monitoring.store import Store

    table = table_of("id", "name", "state", "last used", "scopes and limits")
    for key in Store().api_keys():
        table.add_row(*key.columns())
    out.print(table)


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="A key's name, as `undertone keys list` prints it.")],
    by: By,
) -> None:
    """Make a key useless, from the next request on."""
    from monitoring.store import Store

    Store().revoke_key(name, by=by)
    err.print(f"Key '{name}' is revoked.")
