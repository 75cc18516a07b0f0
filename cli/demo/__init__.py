"""`undertone demo`: the loop on this machine, from nothing to a hot-swapped retrained model."""

import os
import shutil
import time
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import err, out

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.demo.journal import Journal, Result


def demo(
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over even if a killed demo could go on.")
    ] = False,
) -> None:
    """Generate, train, serve, drift, take feedback, retrain and swap: the whole loop, offline."""
    from cli.demo.journal import Journal
    from cli.demo.loop import Loop, train
    from cli.demo.service import running_service
    from cli.demo.summary import reports, summary
    from monitoring.store import Store
    from undertone.config import home, load_params

    os.environ["UNDERTONE_HOME"] = str(home() / "demo")
    for elsewhere in ("UNDERTONE_STORE", "UNDERTONE_BUNDLES"):
        os.environ.pop(elsewhere, None)
    if fresh or "retrain" in Journal(home() / "demo.json"):
        shutil.rmtree(home())
    journal = Journal(home() / "demo.json")
    params, store, started = load_params(profile="demo"), Store(), time.monotonic()
    _once(journal, "train", lambda: train(params, store))
    with running_service(home()) as client:
        loop = Loop(params, store, client, journal)
        for step, do in (
            ("healthy traffic", loop.healthy_traffic),
            ("drifted traffic", loop.drifted_traffic),
            ("feedback", loop.feedback),
            ("retrain", loop.retrain),
        ):
            _once(journal, step, do)
    out.print(summary(journal))
    for name, path in reports(journal).items():
        out.print(f"{name:<16} {path}", soft_wrap=True, highlight=False)
    err.print(f"[dim]{time.monotonic() - started:.0f} s; all of it lies in {home()}[/]")


def _once(journal: "Journal", step: str, do: "Callable[[], Result]") -> None:
    err.rule(f"{step} (done before)" if step in journal else step)
    journal.once(step, do)
