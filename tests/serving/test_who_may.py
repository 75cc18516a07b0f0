"""The running service with keys required and nothing declared for its callers."""

import asyncio
import json
import time

import httpx
import pytest
from serving_harness import live_service

from serving.champion import warm_up_tone
from serving.client import AsyncClient, Client, ServiceError
from serving.streaming.messages import Start
from undertone.use import Basis, Purpose, Role

SPEAKER = "ward 3/anna"
USE = {"role": "customer", "purpose": "service_quality"}
PARAMS = """
profile: base
serving: {poll_seconds: 0.1, keep_text: true, keep_audio: true, log_format: json}
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    home = tmp_path_factory.mktemp("guarded")
    with live_service(home, params=PARAMS, open_to_all=False) as live:
        live.key = live.store.create_key("web", ["predict", "feedback"], by="test")
        live.admin = live.store.create_key("ops", ["admin"], by="test")
        live.registry.promote(live.register("anger"), "first")
        live.client.wait_ready(60)
        yield live


@pytest.fixture
def client(live):
    with Client(live.url, key=live.key) as client:
        yield client


def forget(live, key):
    with Client(live.url, key=key) as client:
        return client.forget(SPEAKER)


def refusal(ask, *args, **named):
    with pytest.raises(ServiceError) as refused:
        ask(*args, **named)
    return refused.value


def test_strangers_see_the_page_and_no_more(live):
    for path in ("/", "/model", "/docs.json", "/livez", "/readyz", "/metrics"):
        assert httpx.get(live.url + path).status_code == 200
    for path in ("/operations/traffic", "/schema.json", "/nowhere"):
        assert httpx.get(live.url + path).status_code == 401
    assert refusal(live.client.predict, text="hello").status == 401
    assert refusal(live.client.feedback, "x", "fear", source="me").status == 401


def test_a_key_opens_its_scopes_alone(live, client):
    assert client.predict(text="hello", **USE).emotion == "anger"
    assert refusal(forget, live, live.key).status == 403
    with Client(live.url, key=live.admin) as admin:
        assert refusal(admin.predict, text="hello", **USE).code == "forbidden"


def test_every_use_is_declared(client):
    refused = refusal(client.predict, text="hello")
    assert refused.status == 422
    assert "role and purpose must be declared" in str(refused)
    assert refusal(client.predict, text="hello", role="king", purpose="health").status == 422


def test_people_at_work_need_a_basis_on_record(live, client):
    use = {"role": "agent", "purpose": "safety"}
    refused = refusal(client.predict, text="hello", **use)
    assert (refused.code, "Article 5(1)(f)" in str(refused)) == ("forbidden", True)
    live.store.allow_use(Role.AGENT, Purpose.SAFETY, Basis.SAFETY, "fatigue", by="officer")
    answer = client.predict(text="hello", **use)
    row = live.store.get_prediction(answer.prediction_id)
    assert (row.role, row.purpose) == ("agent", "safety")
    live.store.revoke_use(Role.AGENT, Purpose.SAFETY, by="officer")
    assert refusal(client.predict, text="hello", **use).status == 403


def test_a_stream_is_asked_the_same(live):
    async def ready(key, **use):
        async with AsyncClient(live.url, key=key) as client, client.stream(Start(**use)) as stream:
            return stream.ready

    def opened(*args, **use):
        return asyncio.run(ready(*args, **use))

    assert opened(live.key, **USE).model_tag == live.registry.champion()
    assert refusal(opened, None, **USE).status == 401
    assert refusal(opened, live.admin, **USE).status == 403
    assert "role and purpose must be declared" in str(refusal(opened, live.key))
    assert refusal(opened, live.key, role="pupil", purpose="education").code == "forbidden"


@pytest.mark.parametrize("consent", [None, False, True])
def test_text_and_audio_are_kept_with_consent_alone(live, client, consent):
    answer = client.predict(warm_up_tone(), "hello", consent=consent, **USE)
    row = live.store.get_prediction(answer.prediction_id)
    assert row.consent is consent
    assert (row.text, bool(row.audio_path)) == (("hello", True) if consent else (None, False))
    file = live.home / "audio" / f"{answer.prediction_id}.flac"
    assert file.exists() is bool(consent)


def test_a_speaker_is_forgotten(live, client):
    answer = client.predict(warm_up_tone(), "hi", speaker_id=SPEAKER, consent=True, **USE)
    client.feedback(answer.prediction_id, "fear", source="me", role="annotator")
    there = {"predictions": 1, "feedback": 1, "recordings": 1, "jobs": 0}
    assert forget(live, live.admin) == there
    assert forget(live, live.admin) == dict.fromkeys(there, 0)
    assert not (live.home / "audio" / f"{answer.prediction_id}.flac").exists()
    refused = refusal(client.feedback, answer.prediction_id, "fear", source="me")
    assert refused.status == 404
    assert live.store.audit()[-1].by == "ops"


def test_every_answer_names_its_request(live):
    kept = httpx.get(live.url + "/nowhere", headers={"X-Request-ID": "mine-1"})
    assert kept.headers["x-request-id"] == kept.json()["error"]["request_id"] == "mine-1"
    lines = [json.loads(line) for line in live.log.read_text().splitlines() if line[0] == "{"]
    [line] = [line for line in lines if line.get("request_id") == "mine-1"]
    assert (line["route"], line["status"], line["method"]) == ("elsewhere", 401, "GET")


def test_neither_log_nor_metrics_name_speakers_or_keys(live, client):
    client.predict(text="hello", speaker_id=SPEAKER, **USE)
    forget(live, live.admin)
    httpx.get(live.url + "/made-up-address", headers={"X-API-Key": live.admin})
    metrics = httpx.get(live.url + "/metrics").text
    for seen in (live.log.read_text(), metrics):
        assert "anna" not in seen
        assert "made-up" not in seen
        assert live.admin.split("_", 2)[2] not in seen
    for name in (
        'undertone_uses_total{purpose="service_quality",role="customer"}',
        'undertone_errors_total{code="unauthenticated",route="/predict"}',
        'undertone_denials_total{reason="missing"}',
        'undertone_request_seconds_count{route="/predict",status="200"}',
    ):
        assert name in metrics


def test_a_limit_holds_over_http(live):
    slow = live.store.create_key("slow", ["predict"], rate_per_minute=1, by="test")
    with Client(live.url, key=slow) as client:
        client.predict(text="hello", **USE)
        assert refusal(client.predict, text="hello", **USE).status == 429
    [row] = [key for key in live.store.api_keys() if key.name == "slow"]
    assert row.last_used_at.timestamp() <= time.time()
