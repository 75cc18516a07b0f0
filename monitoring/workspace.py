"""Evidently's workspace: what was found in each window, as a dashboard over time."""

import os
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from filelock import FileLock

from monitoring.lookout import Seen
from undertone.config import home

if TYPE_CHECKING:
    from evidently.ui.workspace import Project, Workspace

PROJECT = "undertone"
EVIDENCE, SURGE = "evidence, share of the alarm's", "negative emotions, %"
ENOUGH = 2.0  # times the alarm's: what lies above tells no more
VERDICT, PREDICTIONS = "verdict", "predictions"


def folder() -> Path:
    """Where the workspace lies."""
    return home() / "evidently"


def add_window(seen: Seen, champion: str, end: datetime) -> None:
    """Add what was found in a window to the dashboard.

    Args:
        seen: what was found.
        champion: whose predictions it was found in.
        end: of the window.
    """
    evidently = imported()
    figures = pd.DataFrame([dict(_figures(seen))])
    definition = evidently.DataDefinition(numerical_columns=list(figures))
    data = evidently.Dataset.from_pandas(figures, definition)
    values = [evidently.metrics.MeanValue(column=name) for name in figures]
    report = evidently.Report(values, metadata={"champion": champion})
    snapshot = report.run(data, None, timestamp=end)
    folder().mkdir(parents=True, exist_ok=True)
    with FileLock(folder() / ".lock"):  # or two monitors make a project each
        workspace, project = _open(seen)
        workspace.add_run(project.id, snapshot)


def imported() -> Any:
    """Evidently, its telemetry off."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    with warnings.catch_warnings():
        # Evidently 0.7 touches deprecated names of numpy and litestar when it is imported.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        import evidently
        import evidently.metrics
        import evidently.sdk.panels
        import evidently.ui.workspace
    return evidently


def _figures(seen: Seen) -> Iterator[tuple[str, float]]:
    yield VERDICT, float(seen.whole.verdict)
    yield EVIDENCE, min(seen.whole.evidence / seen.whole.threshold, ENOUGH)
    yield PREDICTIONS, float(seen.predictions)
    for share in seen.negative.shifts:
        yield SURGE, 100 * share.live
    for shift in seen.whole.shifts:
        yield _named(shift.kind, shift.channel), 100 * shift.live


def _named(kind: str, channel: str) -> str:
    return f"{channel}, %" if kind == "emotion" else f"{channel}, mean rank %"


def _open(seen: Seen) -> "tuple[Workspace, Project]":
    evidently = imported()
    workspace = evidently.ui.workspace.Workspace.create(str(folder()))
    known = workspace.search_project(PROJECT)
    if known:
        return workspace, known[0]
    project = workspace.create_project(PROJECT, "What the drift gate found, window by window.")
    shifts = {
        kind: [_named(kind, shift.channel) for shift in seen.whole.shifts if shift.kind == kind]
        for kind in ("emotion", "signal")
    }
    panels = (
        ("Verdict", "0 steady, 1 not enough data, 2 mix, 3 input, 4 both", [VERDICT]),
        ("Evidence", "1 raises the alarm", [EVIDENCE]),
        ("Predictions", "a window", [PREDICTIONS]),
        ("Negative emotions", "share of all that was said", [SURGE]),
        ("Emotions", "share of all that was said", shifts["emotion"]),
        ("Input", "mean rank in the reference; 50 % where nothing changed", shifts["signal"]),
    )
    for title, subtitle, names in panels:
        project.dashboard.add_panel(_panel(title, subtitle, names))
    return workspace, project


def _panel(title: str, subtitle: str, names: list[str]) -> Any:
    panels = imported().sdk.panels
    return panels.DashboardPanelPlot(
        title=title,
        subtitle=subtitle,
        size="half",
        values=[
            panels.PanelMetric(legend=name, metric="MeanValue", metric_labels={"column": name})
            for name in names
        ],
        plot_params={"plot_type": "line"},
    )
