"""The service against its own description, by what Schemathesis makes of it."""

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from serving_harness import live_service

EXAMPLES = 150
PARAMS = """
audio: {max_bytes: 100000}
serving: {timeout_seconds: 5, poll_seconds: 0.2, max_text_characters: 500}
"""
OPEN_ENDED = ("/livez", "/readyz", "/metrics", "/healthz")


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with live_service(tmp_path_factory.mktemp("schema"), params=PARAMS) as live:
        live.registry.promote(live.register("anger"), "first")
        live.client.wait_ready(60)
        yield live


def test_it_answers_as_it_says_it_does(live):
    """Whatever is sent, an answer has a known status and the shape that is described."""
    spec = httpx.get(live.url + "/docs.json").json()
    schema = schemathesis.openapi.from_dict(spec)
    schema.config.update(base_url=live.url)
    operations = [
        found.ok() for found in schema.get_all_operations() if found.ok().path not in OPEN_ENDED
    ]
    assert {"/predict", "/jobs", "/feedback"} <= {each.path for each in operations}
    strategy = st.one_of([each.as_strategy() for each in operations])
    statuses = set()

    @seed(4)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def ask(case):
        response = case.call(timeout=20)
        statuses.add(response.status_code)
        assert response.status_code < 500, f"{case.method} {case.path}: {response.text[:300]}"
        if response.status_code >= 400:
            assert response.json()["error"]["message"]

    ask()
    assert {200, 404, 422} <= statuses
    assert httpx.get(live.url + "/livez").status_code == 200
    assert "Traceback" not in live.log.read_text()
