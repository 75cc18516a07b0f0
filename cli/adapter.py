"""`undertone adapter`: models of tenants' own, from few clips of theirs."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import err, out, table_of
from cli.options import By, ParamsFile, Profile, Set, settings

REFUSED = 1

app = typer.Typer(help="Models of tenants' own, from few clips of theirs.", no_args_is_help=True)
Tenant = Annotated[str, typer.Option(help="Whose: NAME, or NAME/SCENARIO.")]


@app.command()
def train(
    tenant: Tenant,
    clips: Annotated[
        Path, typer.Option(help="A folder with clips in folders named for emotions, or a table.")
    ],
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Train an adapter on the champion from 5 to 50 clips; theirs if it surely gains on them."""
    from monitoring.store import Store
    from serving.adapters import train_adapter

    decision = train_adapter(Store(), tenant, clips, settings(profile, params, None, overrides))
    out.print(decision.reason, soft_wrap=True)
    if not decision.promote:
        err.print(f"Nothing was registered: the model that answers {tenant} is as before.")
        raise typer.Exit(REFUSED)
    err.print(f"A service answers {tenant} with it: send `tenant={tenant}`.")


@app.command("list")
def list_() -> None:
    """List the tenants that have an adapter, with what it gains."""
    from cli.models import registry
    from serving.adapters import list_adapters

    table = table_of("tenant", "tag", "the gate")
    for adapter in list_adapters(registry()):
        table.add_row(adapter.tenant, adapter.tag or "the champion", adapter.told)
    out.print(table)


@app.command()
def delete(tenant: Tenant, by: By) -> None:
    """Delete a tenant's models with their clips, predictions, feedback and recordings."""
    from monitoring.store import Store
    from serving.tenant_data import delete_tenant

    models, gone = delete_tenant(Store(), tenant, by=by)
    err.print(
        f"Deleted: {models} models with their clips, {gone.predictions} predictions, "
        f"{gone.feedback} feedback, {gone.recordings} recordings."
    )
