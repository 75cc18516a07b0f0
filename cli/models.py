"""`undertone models`: the registry."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import err, out, table_of
from cli.options import By

if TYPE_CHECKING:
    from serving.registry import Registry

app = typer.Typer(help="List, show, promote and roll back models.", no_args_is_help=True)
Tag = Annotated[str, typer.Argument(help="A model's tag, as `undertone models list` prints it.")]
Tenant = Annotated[str | None, typer.Option(help="Of this tenant alone, not the champion.")]
Reason = Annotated[str, typer.Option(help="Kept in the history of the pointer.")]


def registry(by: str = "") -> "Registry":
    """The registry over this installation's store; `by` is who moves pointers, for the audit."""
    from monitoring.store import Store
    from serving.registry import Registry

    return Registry(Store(), by=by)


@app.command("list")
def list_() -> None:
    """List the registered models, newest first."""
    table = table_of("tag", "pointer", "UAR", "registered")
    for model in registry().list():
        table.add_row(*model.columns())
    out.print(table)


@app.command()
def show(tag: Tag) -> None:
    """Show a model's card, scores and lineage."""
    from rich.markdown import Markdown

    known = registry()
    model = known.show(tag)
    out.print(Markdown(model.card.split("---\n", 2)[-1]))
    out.out(model.report, highlight=False)
    if decision := known.decision(tag):
        out.print(f"The promotion gate, signed: {decision['reason']}", soft_wrap=True)


@app.command()
def promote(
    tag: Tag,
    by: By,
    tenant: Tenant = None,
    reason: Reason = "by hand",
    instead_of: Annotated[
        str | None, typer.Option(help="Only if this is the champion still.")
    ] = None,
) -> None:
    """Make a model the champion; a running service picks it up."""
    if tenant:
        registry(by).give(tenant, tag, reason)
    else:
        registry(by).promote(tag, reason, instead_of=instead_of)
    err.print(f"{_whose(tenant)} → {tag}")


@app.command("rollback")
def roll_back(by: By, tenant: Tenant = None, reason: Reason = "by hand") -> None:
    """Make the champion before this one the champion again."""
    from serving.registry import CHAMPION, tenant_pointer

    pointer = tenant_pointer(tenant) if tenant else CHAMPION
    err.print(f"{_whose(tenant)} → {registry(by).roll_back(reason, pointer) or 'the champion'}")


@app.command()
def withdraw(
    tenant: Annotated[str, typer.Argument(help="The tenant.")], by: By, reason: Reason = "by hand"
) -> None:
    """Let the champion answer a tenant again that had a model of its own."""
    registry(by).give(tenant, None, reason)
    err.print(f"{_whose(tenant)} → the champion")


@app.command()
def delete(tag: Tag) -> None:
    """Take a model away that no pointer names or would go back to."""
    registry().delete(tag)
    err.print(f"{tag} is gone.")


def _whose(tenant: str | None) -> str:
    return f"tenant {tenant}" if tenant else "champion"
