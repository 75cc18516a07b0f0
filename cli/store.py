"""`undertone store`: the version of the operational store's tables."""

import typer

from cli.console import err

app = typer.Typer(help="Upgrade the operational store (UNDERTONE_STORE).", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the store's tables to the version that this Undertone works with."""
    from monitoring.store import schema

    _tell(*schema.upgrade())


@app.command()
def downgrade() -> None:
    """Bring them back by one version, for the Undertone before."""
    from monitoring.store import schema

    _tell(*schema.downgrade())


def _tell(before: str | None, after: str) -> None:
    err.print(f"The store's tables: {before or 'new'} → {after}")
