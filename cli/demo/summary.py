"""The table that a demo ends with."""

from pathlib import Path

from rich.table import Column, Table

from cli.demo.journal import Journal


def summary(journal: Journal) -> Table:
    """What the steps of a finished demo found."""
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
    return table


def _change(before: float, after: float) -> str:
    return f"{before:.3f} → {after:.3f} ({after - before:+.3f})"


def reports(journal: Journal) -> dict[str, Path]:
    """The files to read or to open in a browser, by name."""
    return {
        "evaluation": Path(journal["train"]["evaluation"]),
        "steady report": Path(journal["healthy traffic"]["report"]),
        "drift report": Path(journal["drifted traffic"]["report"]),
        "gate's decision": Path(journal["retrain"]["decision_path"]),
    }
