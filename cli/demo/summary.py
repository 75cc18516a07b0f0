"""The one table that a demo ends with."""

from rich.table import Table

from cli.demo.journal import Journal


def summary(journal: Journal) -> Table:
    """What the steps of a finished demo found."""
    steady, drift = journal["healthy traffic"], journal["drifted traffic"]
    retrain = journal["retrain"]
    gate = retrain["decision"]
    table = Table(title="The loop, once round", show_header=True)
    table.add_column("")
    table.add_column("before", justify="right")
    table.add_column("after", justify="right")
    table.add_column("change", justify="right")
    for name, domain in (("UAR, old domain", "old"), ("UAR, new domain", "new")):
        before, after = gate[f"{domain}_before"], gate[f"{domain}_after"]
        table.add_row(name, f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}")
    table.add_row("champion", retrain["before"], retrain["after"], "promoted")
    table.add_section()
    table.add_row("forgetting", "", f"{gate['forgetting']:.3f}", "")
    table.add_row("verdict, healthy calls", "", str(steady["verdict"]), steady["words"])
    table.add_row("verdict, drifted calls", "", str(drift["verdict"]), drift["words"])
    table.add_row("latency p50 / p95", "", f"{steady['p50_ms']:.0f} / {steady['p95_ms']:.0f} ms")
    table.add_row(
        "calls during the retrain",
        "",
        f"{retrain['requests']}",
        f"0 failed, {retrain['by_new']} by the new champion",
    )
    return table
