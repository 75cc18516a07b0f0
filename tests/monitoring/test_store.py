from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from observed import make_prediction, make_quality

from monitoring.store import ConflictError, LabelError, NotFoundError, Store, VerdictRow
from monitoring.store.tables import now
from undertone.config import FeedbackParams
from undertone.errors import StoreError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_prediction_comes_back_whole(store: Store) -> None:
    said = make_prediction("fear", audio=make_quality(snr_db=11.5))
    berlin = timezone(timedelta(hours=1))
    key = store.add_prediction(
        said, call_id="call-7", latency_ms=12.5, created_at=NOON.astimezone(berlin)
    )
    row = store.get_prediction(key)
    assert (row.emotion, row.call_id, row.snr_db, row.latency_ms) == ("fear", "call-7", 11.5, 12.5)
    assert row.distribution == said.distribution
    assert row.created_at == NOON
    assert row.created_at.tzinfo is UTC


def test_the_window_holds_its_start_but_not_its_end(store: Store) -> None:
    for minute in range(4):
        store.add_prediction(make_prediction(), created_at=NOON + timedelta(minutes=minute))
    window = (NOON + timedelta(minutes=1), NOON + timedelta(minutes=3))
    frame = store.predictions(*window)
    assert list(frame["created_at"]) == [NOON + timedelta(minutes=m) for m in (1, 2)]
    assert store.count_predictions(*window) == 2
    assert store.count_predictions(model_tag="emotion:2") == 0


def test_an_empty_window_keeps_columns_and_types(store: Store) -> None:
    frame = store.predictions(NOON)
    assert frame.empty
    assert frame["snr_db"].dtype == "float64"
    assert str(frame["created_at"].dtype) == "datetime64[ns, UTC]"


def test_feedback_is_idempotent_and_one_say_a_source(store: Store) -> None:
    key = store.add_prediction(make_prediction("anger"))
    first = store.add_feedback(key, "fear", source="agent-4", role="agent")
    assert store.add_feedback(key, "fear", source="agent-4").id == first.id
    with pytest.raises(ConflictError, match="already said fear"):
        store.add_feedback(key, "calm", source="agent-4")
    with pytest.raises(NotFoundError, match="no prediction 'nobody'"):
        store.add_feedback("nobody", "calm", source="agent-4")
    with pytest.raises(LabelError, match="Known: anger"):
        store.add_feedback(key, "angry", source="agent-4")


def test_nobody_takes_the_say_of_a_source_that_shows_another_key(store: Store) -> None:
    key = store.add_prediction(make_prediction("fear"))
    store.add_feedback(key, "calm", source="agent-7", given_by="stranger")
    store.add_feedback(key, "fear", source="agent-7", given_by="desk")
    labelled = store.labelled(params=FeedbackParams(trusted=("desk",))).frame
    assert labelled["feedback_emotion"].tolist() == ["fear"]


def test_labelled_takes_the_majority_and_reports_ties(store: Store) -> None:
    agreed, tied, _silent = (store.add_prediction(make_prediction("anger")) for _ in range(3))
    for source, emotion in (("a", "fear"), ("b", "fear"), ("c", "calm")):
        store.add_feedback(agreed, emotion, source=source)
    for source, emotion in (("a", "fear"), ("b", "calm")):
        store.add_feedback(tied, emotion, source=source)
    labelled = store.labelled()
    assert list(labelled.frame["id"]) == [agreed]
    assert list(labelled.frame["feedback_emotion"]) == ["fear"]
    assert labelled.refused == {tied: "its sources contradict each other"}
    assert store.labelled(model_tag="emotion:2").frame.empty


def test_a_pointer_moves_only_from_the_version_that_was_read(store: Store) -> None:
    assert store.pointer("champion") is None
    first = store.move_pointer(
        "champion", "emotion:1", lineage_id="line-1", reason="first", expected_version=0
    )
    assert first.version == 1
    with pytest.raises(ConflictError, match=r"champion has changed: emotion:1 .*version 1, not 0"):
        store.move_pointer(
            "champion", "emotion:9", lineage_id="line-9", reason="late", expected_version=0
        )
    assert [move.tag for move in store.pointer_moves("champion")] == ["emotion:1"]


def test_of_many_simultaneous_moves_one_wins(store: Store) -> None:
    def move(number: int) -> bool:
        try:
            store.move_pointer(
                "champion", f"emotion:{number}", lineage_id="x", reason="race", expected_version=0
            )
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(move, range(8))) == 1


def test_rolling_back_walks_down_the_history(store: Store) -> None:
    for number in (1, 2, 3):
        store.move_pointer(
            "champion",
            f"emotion:{number}",
            lineage_id=f"line-{number}",
            reason="better",
            expected_version=number - 1,
        )
    assert store.roll_back("champion", reason="slow").tag == "emotion:2"
    assert store.roll_back("champion", reason="wrong").tag == "emotion:1"
    with pytest.raises(NotFoundError, match="no earlier model"):
        store.roll_back("champion", reason="again")
    current = store.pointer("champion")
    assert current is not None
    assert (current.version, current.lineage_id) == (5, "line-1")


def test_lineage_is_told_twice_but_not_of_two_tags(store: Store) -> None:
    told = {"data_revision": "d1", "split_hash": "s1", "run_id": "r1", "metrics": {"uar": 0.7}}
    store.add_lineage("line-1", tag="emotion:1", **told)
    store.add_lineage("line-1", tag="emotion:1", **told)
    with pytest.raises(ConflictError, match="belongs to emotion:1"):
        store.add_lineage("line-1", tag="emotion:2", **told)
    found = store.lineage_of_tag("emotion:1")
    assert found is not None
    assert found.metrics == {"uar": 0.7}
    with pytest.raises(NotFoundError):
        store.get_lineage("line-2")


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x", "sqlite:////proc/none/store.sqlite"])
def test_an_unusable_url_is_the_users_mistake(url: str) -> None:
    with pytest.raises(StoreError):
        Store(url)


def test_the_environment_names_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTONE_STORE", f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert Store().url.endswith("other.sqlite")
    monkeypatch.delenv("UNDERTONE_STORE")
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    Store()
    assert (tmp_path / "home" / "store.sqlite").is_file()


def test_a_surge_stands_in_the_table_of_verdicts() -> None:
    told = {"words": "Steady.", "surge": "goes on"}
    row = VerdictRow(champion="emotion:1", verdict=0, details=told, window_end=now())
    assert row.columns()[2] == "Steady. A surge of negative emotions goes on."
    row.details = told | {"surge": "none"}
    assert row.columns()[2] == "Steady."
