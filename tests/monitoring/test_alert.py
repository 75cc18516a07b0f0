import json
import logging
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from monitoring.alert import WEBHOOK, send_alerts
from monitoring.store import Store, VerdictRow
from monitoring.store.tables import now
from undertone.errors import ConfigError


@pytest.fixture
def webhook(monkeypatch):
    """A webhook that answers with `status` and keeps what it was told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            server.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.told, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv(WEBHOOK, f"http://127.0.0.1:{server.server_port}/secret")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def judge(store: Store, verdict: int, **changes) -> str:
    since = store.verdicts()[-1].window_end if store.verdicts() else None
    start = since or now()
    row = VerdictRow(
        champion="emotion:1",
        policy="p",
        window_start=start,
        window_end=start + timedelta(hours=1),
        verdict=verdict,
        details={"surge": "none"},
        alert="The mix of emotions changed." if verdict >= 2 else None,
        **changes,
    )
    return store.add_verdict(row, {}, since).id


def test_drift_is_told_once_and_in_words(store, webhook):
    judge(store, 0)
    drift = judge(store, 2)
    assert (send_alerts(store), send_alerts(store)) == (1, 0)
    (told,) = webhook.told
    assert told["text"] == "Undertone, emotion:1: The mix of emotions changed."
    assert (told["verdict"], told["verdict_id"]) == (2, drift)


def test_what_was_not_taken_is_told_by_the_next_run_and_the_address_stays_secret(
    store, webhook, caplog
):
    caplog.set_level(logging.DEBUG)
    first, second = judge(store, 2), judge(store, 4)
    webhook.status = 500
    assert send_alerts(store) == 0
    assert {told["verdict_id"] for told in webhook.told} == {first}
    assert len(webhook.told) == 3
    assert f"did not take verdict {first}: HTTPStatusError" in caplog.text
    webhook.status = 200
    assert send_alerts(store) == 2
    assert [told["verdict_id"] for told in webhook.told[3:]] == [first, second]
    logged = [record for record in caplog.records if record.name.startswith(("undertone", "httpx"))]
    assert all("secret" not in record.getMessage() for record in logged)


def test_old_verdicts_are_no_news(store, webhook):
    judge(store, 2, created_at=now() - timedelta(days=2))
    assert send_alerts(store) == 0
    assert webhook.told == []


def test_without_a_webhook_nothing_is_sent_and_in_the_clear_never(store, monkeypatch):
    judge(store, 2)
    monkeypatch.delenv(WEBHOOK, raising=False)
    assert send_alerts(store) == 0
    monkeypatch.setenv(WEBHOOK, "http://example.org/secret")
    with pytest.raises(ConfigError, match="must be an https") as refused:
        send_alerts(store)
    assert "secret" not in str(refused.value)
