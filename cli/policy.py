"""`undertone policy`: whose emotions may be inferred, and what an operator did about that."""

from typing import Annotated

import typer

from cli.console import err, out, table_of
from cli.options import By
from undertone.use import Basis, Purpose, Role

app = typer.Typer(
    help="Allow and revoke uses that need a medical or safety basis.", no_args_is_help=True
)
Speaker = Annotated[Role, typer.Option(help="Who speaks.")]
Aim = Annotated[Purpose, typer.Option(help="What the emotion is inferred for.")]


@app.command()
def allow(
    role: Speaker,
    purpose: Aim,
    basis: Annotated[Basis, typer.Option(help="The reason that the AI Act, Art. 5(1)(f), takes.")],
    reason: Annotated[str, typer.Option(help="The basis in words, for the audit.")],
    by: By,
) -> None:
    """Record a basis for inferring emotions of people at work or in education."""
    from monitoring.store import Store

    Store().allow_use(role, purpose, basis, reason, by)
    err.print(f"{role} for {purpose} is allowed on a {basis} basis.")


@app.command()
def revoke(role: Speaker, purpose: Aim, by: By) -> None:
    """Take a permission back, from the next request on."""
    from monitoring.store import Store

    Store().revoke_use(role, purpose, by)
    err.print(f"{role} for {purpose} is refused again.")


@app.command("list")
def list_() -> None:
    """List the permissions, revoked ones too."""
    from monitoring.store import Store

    table = table_of("since", "until", "use", "basis")
    for permission in Store().use_permissions():
        table.add_row(*permission.columns())
    out.print(table)


@app.command()
def audit() -> None:
    """List who changed keys, permissions and holds, what was forgotten, and what was retrained."""
    from monitoring.store import Store

    table = table_of("when", "by", "what", "details")
    for act in Store().audit():
        table.add_row(*act.columns())
    out.print(table)
