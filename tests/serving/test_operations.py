"""`/operations/…` over a store with made rows: exact answers, bounds and reports."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from monitoring.store import VerdictRow
from serving.operations import routes
from undertone.prediction import AudioQuality, Modalities, Prediction

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MODALITIES = {"audio": True, "text": True, "image": False}


@pytest.fixture
def get(store, monkeypatch):
    """Ask the routes, at noon."""
    monkeypatch.setattr(routes, "now", lambda: NOON)
    app = Starlette(routes=routes.operation_routes(lambda: store))

    async def _ask(path):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://it") as client:
            return await client.get(f"/operations/{path}")

    return lambda path: asyncio.run(_ask(path))


@pytest.fixture
def predicted(store):
    """Keep one prediction, so many hours before noon."""

    def _predicted(hours, emotion="anger", **changes):
        said = {
            "emotion": emotion,
            "confidence": 0.7,
            "distribution": {emotion: 0.7, "calm": 0.3},
            "modalities": Modalities(**MODALITIES),
            "model_tag": "undertone:1",
        }
        kept = {name: changes.pop(name) for name in ("prediction_id", "text") if name in changes}
        at = NOON - timedelta(hours=hours)
        return store.add_prediction(Prediction(**(said | changes)), created_at=at, **kept)

    return _predicted


@pytest.fixture
def judged(store, tmp_path):
    """Keep a verdict on the hour that ended so many hours before noon."""

    def _judged(hours, verdict, report="report.html"):
        end = NOON - timedelta(hours=hours)
        carried = store.gate_state("undertone:1", "p")
        row = VerdictRow(
            id=f"v{hours}",
            champion="undertone:1",
            policy="p",
            window_start=end - timedelta(hours=1),
            window_end=end,
            verdict=verdict,
            details={"words": f"verdict {verdict}"},
            report_path=str(tmp_path / report),
        )
        previous = carried.window_end if carried else None
        return store.add_verdict(row, {}, previous, ask_retrain=verdict > 1)

    return _judged


def test_traffic_is_counted_by_hour_and_emotion(get, predicted):
    for hours, emotion in ((0.1, "anger"), (0.2, "anger"), (0.3, "fear"), (3.5, "calm")):
        predicted(hours, emotion)
    predicted(0.4, "fear", unknown="too unsure")
    predicted(0.5, "fear", confidence=0.4)
    predicted(6, "anger")
    assert get("traffic?hours=5").json() == {
        "since": "2026-03-02T07:00:00Z",
        "until": "2026-03-02T12:00:00Z",
        "hours": [
            {
                "start": "2026-03-02T08:00:00Z",
                "predictions": 1,
                "unknown": 0,
                "emotions": {"calm": 1},
            },
            {
                "start": "2026-03-02T11:00:00Z",
                "predictions": 5,
                "unknown": 1,
                "emotions": {"anger": 2, "fear": 3},
            },
        ],
    }


def test_verdicts_come_newest_first_with_report_and_retrain(get, judged, tmp_path):
    (tmp_path / "report.html").write_text("drawn")
    judged(2, 0, report="gone.html")
    judged(1, 4)
    newest, oldest = get("verdicts").json()["verdicts"]
    assert newest == {
        "id": "v1",
        "champion": "undertone:1",
        "window_start": "2026-03-02T10:00:00Z",
        "window_end": "2026-03-02T11:00:00Z",
        "verdict": 4,
        "words": "verdict 4",
        "report": "/operations/reports/v1",
        "retrain": {"state": "waiting", "reason": "", "challenger": None},
    }
    assert (oldest["id"], oldest["report"], oldest["retrain"]) == ("v2", None, None)
    assert len(get("verdicts?limit=1").json()["verdicts"]) == 1


def test_a_report_is_served_walled_off(get, judged, tmp_path):
    (tmp_path / "report.html").write_text("<p>drawn")
    judged(1, 0)
    answer = get("reports/v1")
    assert (answer.status_code, answer.text) == (200, "<p>drawn")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in policy


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("reports/v2", "not on this machine"),
        ("reports/v3", "not on this machine"),
        ("reports/nobody", "no verdict with this id"),
        ("reports/..%2F..%2Fetc%2Fpasswd", "Not Found"),
    ],
)
def test_no_other_file_is_served(get, judged, tmp_path, path, message):
    (tmp_path / "secret.txt").write_text("secret")
    judged(3, 0, report="secret.txt")
    judged(2, 0, report="gone.html")
    answer = get(path)
    assert answer.status_code == 404
    assert message in answer.text


def test_the_review_queue_holds_what_is_doubtful_and_unanswered(get, store, predicted):
    views = {"audio": {"anger": 0.8, "calm": 0.2}, "text": {"anger": 0.1, "calm": 0.9}}
    quality = AudioQuality(
        duration_s=2.5,
        speech_s=2,
        sample_rate=8000,
        channels=1,
        loudness_lufs=-20,
        snr_db=9,
        bandwidth_hz=3400,
        clipped_share=0,
    )
    predicted(5)
    predicted(4, by_modality=views, prediction_id="two minds", text="well", audio=quality)
    predicted(3, confidence=0.3, prediction_id="guess")
    predicted(2, unknown="no speech", prediction_id="silent")
    predicted(1, confidence=0.3, prediction_id="settled")
    store.add_feedback("settled", "calm", source="me")
    answer = get("review").json()
    assert answer["waiting"] == 3
    assert [(p["prediction_id"], p["reason"]) for p in answer["predictions"]] == [
        ("silent", "no speech"),
        ("guess", "low confidence"),
        ("two minds", "modalities disagree"),
    ]
    assert answer["predictions"][2] == {
        "prediction_id": "two minds",
        "created_at": "2026-03-02T08:00:00Z",
        "reason": "modalities disagree",
        "emotion": "anger",
        "confidence": 0.7,
        "distribution": {"anger": 0.7, "calm": 0.3},
        "modalities": MODALITIES,
        "duration_s": 2.5,
        "channel": None,
        "model_tag": "undertone:1",
        "text": "well",
    }
    few = get("review?limit=1&hours=3").json()
    assert (few["waiting"], [p["prediction_id"] for p in few["predictions"]]) == (2, ["silent"])


def test_champions_tell_why_and_how_to_go_back(get, store, registry, register):
    first, second = register("first"), register("second")
    registry.promote(first, "first model")
    assert get("champions").json()["rollback"] is None
    registry.promote(second, "better")
    answer = get("champions").json()
    assert answer["rollback"] == {"to": first, "command": "undertone models rollback"}
    registry.roll_back("worse after all")
    undone, newer, older = get("champions").json()["moves"]
    assert (undone["tag"], undone["is_rollback"], undone["reason"]) == (
        first,
        True,
        "worse after all",
    )
    assert newer == {
        "version": 2,
        "tag": second,
        "moved_at": store.pointer_moves("champion")[1]
        .created_at.isoformat()
        .replace("+00:00", "Z"),
        "reason": "better",
        "is_rollback": False,
        "data_revision": "r1",
        "run_id": "run-1",
        "verdict_id": None,
        "metrics": registry.show(second).metrics,
    }
    assert older["version"] == 1
    assert len(get("champions?limit=1").json()["moves"]) == 1


def test_an_empty_store_has_empty_answers(get):
    assert get("traffic").json()["hours"] == []
    assert get("verdicts").json() == {"verdicts": []}
    assert get("review").json() == {"waiting": 0, "predictions": []}
    assert get("champions").json() == {"moves": [], "rollback": None}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("traffic?hours=0", "hours"),
        ("traffic?hours=721", "hours"),
        ("traffic?hours=many", "hours"),
        ("traffic?since=now", "since"),
        ("verdicts?limit=201", "limit"),
        ("review?limit=-1", "limit"),
        ("champions?limit=1.5", "limit"),
    ],
)
def test_what_is_out_of_bounds_is_refused(get, path, place):
    answer = get(path)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith(f"{place}: ")
