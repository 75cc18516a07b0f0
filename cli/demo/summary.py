"""The table that a demo ends with."""

from pathlib import Path

from rich.table import Column, Table

from cli.demo.journal import Journal
from undertone.config import home


def summary(journal: Journal) -> Table:
    """What the steps of a finished demo found, and where their reports lie."""
    steady, drift = journal["healthy traffic"], journal["drifted traffic"]
    retrain = journal["retrain"]
    gate = retrain["decision"]
    table = Table(
        Column("the loop, once round", no_wrap=True), Column("", overflow="fold"), show_header=True
    )
    table.add_row("UAR, old domain", _change(gate["old_before"], gate["old_after"]))
    table.add_row("UAR, new domain", _change(gate["new_before"], gate["new_after"]))
    table.add_row("forgetting", f"{gate['forgetting']:+.3f} UAR on the old domain")
    table.add_row("champion", f"{retrain['before']} → {retrain['after']}")
    table.add_section()
    for calls, found in (("healthy", steady), ("drifted", drift)):
        headline = found["words"].partition(".")[0]
        table.add_row(f"{calls} calls", f"verdict {found['verdict']}: {headline}")
    asked, by_new = retrain["requests"], retrain["by_new"]
    table.add_row(
        "calls meanwhile", f"{asked} during the retrain, none failed, {by_new} by the new champion"
    )
    table.add_row("latency", f"p50 {steady['p50_ms']:.0f} ms, p95 {steady['p95_ms']:.0f} ms a call")
    table.add_section()
    for name, path in (
        ("evaluation", journal["train"]["evaluation"]),
        ("steady report", steady["report"]),
        ("drift report", drift["report"]),
        ("gate's decision", retrain["decision_path"]),
    ):
        table.add_row(name, _near(Path(path)))
    return table


def _change(before: float, after: float) -> str:
    return f"{before:.3f} → {after:.3f} ({after - before:+.3f})"


def _near(path: Path) -> str:
    """A path as seen from the demo's home, which the last line of the demo names."""
    return str(path.relative_to(home()) if path.is_relative_to(home()) else path)
