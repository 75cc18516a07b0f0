"""`undertone models`: the registry."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import err, out, table_of

if TYPE_CHECKING:
    from serving.registry import Registry

app = typer.Typer(help="List, show, promote and roll back models.", no_args_is_help=True)
Tag = Annotated[str, typer.Argument(help="A model's tag, as `undertone models list` prints it.")]
Reason = Annotated[str, typer.Option(help="Kept in the history of the pointer.")]


def registry() -> "Registry":
    """The registry over this installation's store."""
    from monitoring.store import Store
    from serving.registry import Registry

    return Registry(Store())


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

    model = registry().show(tag)
    out.print(Markdown(model.card.split("---\n", 2)[-1]))
    out.out(model.report, highlight=False)


@app.command()
def promote(tag: Tag, reason: Reason = "by hand") -> None:
    """Make a model the champion; a running service picks it up."""
    registry().promote(tag, reason=reason)
    err.print(f"champion → {tag}")


@app.command("rollback")
def roll_back(reason: Reason = "by hand") -> None:
    """Make the champion before this one the champion again."""
    err.print(f"champion → {registry().roll_back(reason=reason)}")
