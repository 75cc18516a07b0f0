import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from observed import make_frame, make_prediction, make_quality

from monitoring.monitor import MonitorReport, monitor, monitor_champion
from monitoring.report import PAGE
from monitoring.store import NotFoundError, Store
from monitoring.workspace import add_window, folder, imported
from undertone.config import Params
from undertone.errors import ConfigError

TAG = "emotion:1"
MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)

Watch = Callable[..., MonitorReport]


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    folder = tmp_path / "evaluation"
    folder.mkdir()
    make_frame(500, np.random.default_rng(1)).to_parquet(folder / "predictions.parquet")
    return folder


@pytest.fixture
def watch(store: Store, evaluation: Path, tmp_path: Path) -> Watch:
    def run(hour: int, out: str = "report.html") -> MonitorReport:
        return monitor(
            store,
            TAG,
            reference=evaluation / "predictions.parquet",
            params=Params(),
            out=tmp_path / out,
            since=MORNING + hour * HOUR,
            until=MORNING + (hour + 1) * HOUR,
        )

    return run


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave Evidently's pictures, which take seconds, out of the page."""
    monkeypatch.setattr("monitoring.report._draw", lambda *_: PAGE)


def feed(store: Store, frame: pd.DataFrame, hour: int) -> None:
    for number, row in enumerate(frame.itertuples()):
        quality = make_quality(
            snr_db=row.snr_db, bandwidth_hz=row.bandwidth_hz, loudness_lufs=row.loudness_lufs
        )
        said = make_prediction(row.emotion, confidence=row.confidence, audio=quality)
        store.add_prediction(said, created_at=MORNING + hour * HOUR + number * timedelta(seconds=1))


def test_an_empty_window_is_not_enough_and_draws_a_page(store: Store, watch: Watch) -> None:
    seen = watch(0)
    assert seen.verdict == 1
    assert "no predictions" in seen.words
    assert "no predictions" in seen.report_html.read_text(encoding="utf-8")


@pytest.mark.usefixtures("undrawn")
def test_drift_is_reported_once_and_asks_for_one_retrain(store: Store, watch: Watch) -> None:
    rng = np.random.default_rng(2)
    feed(store, make_frame(300, rng), 0)
    feed(store, make_frame(200, rng, anger=0.6, telephone=True), 1)
    assert watch(0).verdict == 0
    drift = watch(1)
    again = watch(1, "again.html")
    assert drift.verdict == 4
    assert (again.verdict, again.verdict_id, again.words) == (4, drift.verdict_id, drift.words)
    assert [row.key for row in store.retrains(TAG)] == [drift.verdict_id]
    assert [row.verdict for row in store.verdicts(TAG)] == [0, 4]
    told = json.loads(Path(f"{drift.report_html}.json").read_text(encoding="utf-8"))
    assert told["verdict"] == 4
    assert {shift["channel"] for shift in told["shifts"] if shift["moved"]} >= {"bandwidth_hz"}
    assert drift.metrics()["predictions"] == 200


def test_the_page_has_the_verdict_on_top_of_the_pictures(store: Store, watch: Watch) -> None:
    feed(store, make_frame(150, np.random.default_rng(2), telephone=True), 0)
    page = watch(0).report_html.read_text(encoding="utf-8")
    assert "Verdict 3: The input changed. Bandwidth_hz" in page
    assert page.index("Verdict 3") < page.index("root_metric")
    assert "<tr class=moved><td>bandwidth_hz</td>" in page


@pytest.mark.usefixtures("undrawn")
def test_a_window_cannot_be_judged_again_in_part(store: Store, watch: Watch) -> None:
    watch(1)
    with pytest.raises(ConfigError, match="judged already"):
        watch(0)


@pytest.mark.usefixtures("undrawn")
def test_text_alone_is_watched_by_its_emotions(
    store: Store, evaluation: Path, tmp_path: Path
) -> None:
    frame = make_frame(500, np.random.default_rng(1))
    path = tmp_path / "text.parquet"
    frame.assign(snr_db=None, bandwidth_hz=None, loudness_lufs=None).to_parquet(path)
    for number, row in enumerate(frame.itertuples()):
        said = make_prediction(row.emotion, confidence=row.confidence)
        store.add_prediction(said, created_at=MORNING + number * timedelta(seconds=1))
    seen = monitor(store, TAG, reference=path, params=Params(), out=tmp_path / "r.html")
    assert seen.verdict == 0
    assert {shift.channel for shift in seen.finding.shifts if shift.kind == "signal"} == {
        "confidence"
    }


@pytest.mark.usefixtures("undrawn")
def test_the_champion_is_watched_from_window_to_window(
    store: Store, evaluation: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="no champion"):
        monitor_champion(store, Params(), tmp_path / "r.html")
    origin = {"data_revision": "d", "split_hash": "s", "run_id": "r"}
    store.add_lineage("line-1", tag=TAG, **origin, evaluation_uri=str(evaluation))
    store.move_pointer("champion", TAG, lineage_id="line-1", reason="first", expected_version=0)
    feed(store, make_frame(300, np.random.default_rng(3)), 0)
    assert monitor_champion(store, Params(), tmp_path / "r.html").verdict == 0
    assert monitor_champion(store, Params(), tmp_path / "r.html").verdict == 1
    first, second = store.verdicts(TAG)
    assert first.window_start == MORNING
    assert second.window_start == first.window_end


@pytest.mark.usefixtures("undrawn")
def test_each_window_is_a_point_of_the_dashboard_once(
    store: Store, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    rng = np.random.default_rng(2)
    for hour in (0, 1):
        feed(store, make_frame(150, rng), hour)
        watch(hour)
    watch(1)
    workspace = imported().ui.workspace.Workspace(str(folder()))
    (project,) = workspace.search_project("undertone")
    assert len(workspace.list_runs(project.id)) == 2
    panels = [panel.title for panel in project.dashboard.model().panels]
    assert panels[:2] == ["Verdict", "Evidence"]


@pytest.mark.usefixtures("undrawn")
def test_two_monitors_at_once_draw_one_dashboard(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watch(0).seen
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "fresh"))
    workspaces = imported().ui.workspace.Workspace
    create = workspaces.create_project

    def slowly(*arguments: Any, **options: Any) -> Any:
        time.sleep(0.2)
        return create(*arguments, **options)

    monkeypatch.setattr(workspaces, "create_project", slowly)
    with ThreadPoolExecutor(2) as monitors:
        ends = [MORNING + hour * HOUR for hour in range(4)]
        list(monitors.map(lambda end: add_window(seen, TAG, end), ends))
    workspace = imported().ui.workspace.Workspace(str(folder()))
    (project,) = workspace.search_project("undertone")
    assert len(workspace.list_runs(project.id)) == len(ends)


@pytest.mark.usefixtures("undrawn")
def test_predictions_from_the_future_are_told_of_and_count_when_their_time_comes(
    store: Store, watch: Watch
) -> None:
    ahead = make_prediction("anger")
    store.add_prediction(ahead, created_at=datetime.now(UTC) + HOUR)
    seen = watch(0)
    assert seen.seen.predictions == 0
    assert "1 predictions are dated more than 5 minutes ahead" in seen.seen.notes[0]
    assert "ahead of this clock" in seen.report_html.read_text(encoding="utf-8")
