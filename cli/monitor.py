"""`undertone monitor`: verdicts, what they asked for, and whether it may happen."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import err, out, table_of
from cli.options import By, ParamsFile, Profile, Set, settings

app = typer.Typer(
    help="Read verdicts and retrain requests; hold retrains back.", no_args_is_help=True
)


@app.command()
def judge(
    to: Annotated[
        Path | None, typer.Option("--out", help="The report to write, HTML. Default: in the home.")
    ] = None,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Judge the traffic since the last window; a retrain that is due waits for `undertone run`."""
    from monitoring.monitor import monitor_champion
    from monitoring.store import Store
    from monitoring.store.tables import now
    from undertone.config import home

    file = to or home() / "reports" / f"{now():%Y%m%d-%H%M%S}.html"
    report = monitor_champion(Store(), settings(profile, params, None, overrides), file.absolute())
    out.print(f"verdict {report.verdict}: {report.words}", soft_wrap=True)
    err.print(f"[dim]report: {report.report_html}[/]")


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
def baseline(
    by: By,
    days: Annotated[float, typer.Option(min=0, help="How many, up to now.")] = 14,
) -> None:
    """Compare with the last days from now on: you vouch that nothing was wrong in them.

    From seven days on, hours of the day and differences between days are known too.
    """
    from datetime import timedelta

    from monitoring.baseline import take_baseline
    from monitoring.monitor import tested_champion
    from monitoring.reference import read_tested
    from monitoring.store import Store
    from monitoring.store.tables import now

    store, end = Store(), now()
    tag, predictions = tested_champion(store)
    since = end - timedelta(days=days)
    tested = read_tested(predictions)
    taken = take_baseline(store, tag, tested, since=since, until=end, by=by)
    err.print(f"{tag} is compared with its {len(taken.details['means'])} calls of {days:g} days.")


@app.command()
def prove(seed: Annotated[int, typer.Option(help="Of all that is drawn.")] = 17) -> None:
    """Measure the drift gate's promises by simulation, and what breaks them; about a minute."""
    from monitoring.proof import CLAIMS, prove
    from undertone.progress import track

    table = table_of("", "measured", "bounds", "trials", "promise")
    claims = list(track(prove(seed), "simulating", len(CLAIMS)))
    for claim in claims:
        table.add_row(*claim.columns())
    out.print(table)
    if not all(claim.holds for claim in claims):
        raise typer.Exit(1)


@app.command()
def ui(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
) -> None:
    """Show what was found over time, in Evidently's own dashboard, until Ctrl-C."""
    import os
    import sys

    from monitoring.workspace import folder
    from undertone.errors import ConfigError

    if not folder().is_dir():
        raise ConfigError(f"{folder()} is not there yet: run `undertone run monitoring` first.")
    evidently = str(Path(sys.executable).with_name("evidently"))
    os.execv(  # noqa: S606
        evidently,
        [evidently, "ui", "--workspace", str(folder()), "--host", host, "--port", str(port)],
    )


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
