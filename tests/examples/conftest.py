"""A live service for the examples: it hears the generated corpus's words and feels by them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.serving_harness import Live, live_service, write_evaluation
from tests.serving.untrained import write_untrained_bundle
from undertone.hub import resolve


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The service, with its store."""
    home = tmp_path_factory.mktemp("examples")
    with live_service(home, "worded_service:Undertone", "profile: demo") as live:
        bundle = write_untrained_bundle(home / "bundle", resolve("whisper-demo"))
        evaluation = write_evaluation(home / "evaluation")
        origin = {"data_revision": "r1", "split_hash": "s1", "run_id": "run-1"}
        live.registry.promote(
            live.registry.register(bundle, evaluation=evaluation, **origin), "first"
        )
        live.client.wait_ready(120)
        yield live


@pytest.fixture(scope="session")
def service(live: Live) -> str:
    """Its base URL."""
    return live.url


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the examples go: `UNDERTONE_PICTURES`, for the README, or a passing one."""
    kept = os.environ.get("UNDERTONE_PICTURES")
    return Path(kept) if kept else tmp_path_factory.mktemp("pictures")
