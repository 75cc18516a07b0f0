"""A service that is told to stop loses no request."""

import os
import signal
import time

import httpx
import psutil
from serving_harness import live_service

from tests.callers import Callers

CALLERS = 8
OPEN = "access: {default_role: caller, default_purpose: research}"


def test_whoever_got_through_is_answered_and_others_are_refused(tmp_path):
    with live_service(tmp_path, params=OPEN) as live:
        live.wait_alive()
        live.registry.promote(live.register("anger"), "first")
        live.client.wait_ready(30)

        def call() -> httpx.Response:
            return httpx.post(live.url + "/predict", files={"text": (None, "hello")})

        callers = Callers(CALLERS, call)
        time.sleep(1)
        os.kill(_supervisor(live.url), signal.SIGTERM)
        callers.join()
    assert set(callers.outcomes) == {200, "refused"}
    assert callers.outcomes["refused"] == CALLERS


def test_while_it_drains_it_wants_no_more_callers_and_ends_connections(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERTONE_DRAIN_SECONDS", "1.5")
    with live_service(tmp_path, params=OPEN) as live:
        live.wait_alive()
        live.registry.promote(live.register("anger"), "first")
        live.client.wait_ready(30)
        os.kill(_supervisor(live.url), signal.SIGTERM)
        time.sleep(0.5)
        ready = httpx.get(live.url + "/readyz")
        answer = httpx.post(live.url + "/predict", files={"text": (None, "hello")})
    assert ready.status_code == 503
    assert answer.status_code == 200
    assert answer.headers["connection"] == "close"


def _supervisor(url: str) -> int:
    port = url.rpartition(":")[2]
    return next(
        child.pid for child in psutil.Process().children() if port in " ".join(child.cmdline())
    )
