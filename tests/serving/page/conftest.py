"""One service for all tests of the page, and a browser for each file of them."""

import shutil
import time
import wave
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright
from serving_harness import live_service

from monitoring.store import VerdictRow
from monitoring.store.tables import now

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
    "--use-fake-ui-for-media-stream",
)
PATIENCE_MS = 20_000
PARAMS = "serving: {poll_seconds: 0.5, keep_text: true}"
REFUSED = "Failed to load resource"  # the browser's own note on an answer of 400 and above


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    with live_service(tmp_path_factory.mktemp("live"), "rich_service:Undertone", PARAMS) as live:
        live.registry.promote(live.register("first"), "first model")
        live.registry.promote(live.register("second"), "better on new speech")
        _wait_ready(live)
        live.verdict = _judge(live)
        yield live


def _wait_ready(live, seconds=60):
    until = time.monotonic() + seconds
    while True:
        try:
            return live.client.wait_ready(seconds)
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _judge(live):
    report = live.home / "report.html"
    report.write_text("<!doctype html><title>Drift</title><script>document.title += '!'</script>")
    verdict = VerdictRow(
        champion=live.registry.champion(),
        policy="p1",
        window_start=now() - timedelta(hours=2),
        window_end=now(),
        verdict=2,
        details={"words": "The mix of emotions changed. Anger +20 ± 5 points (90 calls)."},
        report_path=str(report),
    )
    return live.store.add_verdict(verdict, {}, None, ask_retrain=True)


@pytest.fixture(scope="module")
def browser():
    """A browser; while it is open, no other event loop can run in this thread."""
    expect.set_options(timeout=PATIENCE_MS)
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail("The tests of the page need Chromium: make browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, live):
    """Open the page; at the end of a test nothing was asked of others and nothing went wrong."""
    contexts, strayed, complaints = [], [], []

    def _open(path="/", **options):
        context = browser.new_context(base_url=live.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: strayed.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _bad(said) else None)
        page.goto(path)
        return page

    yield _open
    for context in contexts:
        context.close()
    assert [url for url in strayed if not url.startswith((live.url, f"blob:{live.url}"))] == []
    assert complaints == []


def _bad(said):
    return said.type in ("error", "warning") and REFUSED not in said.text


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    """Two seconds of a tone."""
    times = np.arange(32_000) / 16_000
    tone = 0.4 * np.sin(2 * np.pi * 220 * times)
    return _write(tmp_path_factory.mktemp("clips") / "tone.wav", tone)


@pytest.fixture(scope="session")
def silence(tmp_path_factory) -> Path:
    """Two seconds of nothing."""
    return _write(tmp_path_factory.mktemp("clips") / "silence.wav", np.zeros(32_000))


def _write(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((samples * 32_767).astype(np.int16).tobytes())
    return path
