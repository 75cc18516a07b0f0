"""The door, before an app that tells that it was reached."""

import asyncio

import httpx
import pytest
from provider import GOOD, key_set, signed
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse

from monitoring.store import Store
from serving.access.middleware import Access
from serving.observability.current import current_request
from serving.observability.requests import Requests
from undertone.config import AccessParams, OidcParams


async def _reached(request):
    return PlainTextResponse(f"{current_request().caller}")


async def _socket(websocket):
    await websocket.accept()
    await websocket.send_text("reached")
    await websocket.close()


APP = Starlette(
    routes=[
        Route("/predict", _reached, methods=["POST"]),
        Route("/model", _reached),
        WebSocketRoute("/stream", _socket),
    ]
)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    monkeypatch.delenv("UNDERTONE_STORE", raising=False)
    store = Store()
    yield store
    store.close()


def door(required=None):
    return Requests(Access(APP, access=AccessParams(required=required)))


def ask(app, path="/predict", **headers):
    async def answer():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            method = "GET" if path == "/model" else "POST"
            return await client.request(method, path, headers=headers)

    return asyncio.run(answer())


def test_both_headers_carry_a_key(store):
    key = store.create_key("web", ["predict"], by="me")
    for headers in ({"Authorization": f"bearer {key}"}, {"X-API-Key": key}):
        assert ask(door(), **headers).text == "web"


def test_without_a_key_only_open_addresses_answer(store):
    refused = ask(door())
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert refused.json()["error"]["code"] == "unauthenticated"
    assert refused.json()["error"]["request_id"] == refused.headers["x-request-id"]
    assert ask(door(), "/model").status_code == 200
    assert ask(door(required=False)).text == "None"


def test_a_wrong_key_is_refused_even_where_none_is_needed(store):
    for wrong in ("", "ut_00000000_x", "eyJ.eyJ.x", "\u00e4"):
        refused = ask(door(required=False), **{"X-API-Key": wrong.encode("latin-1")})
        assert refused.status_code == 401


def test_the_missing_scope_is_named(store):
    key = store.create_key("web", ["feedback"], by="me")
    refused = ask(door(), **{"X-API-Key": key})
    assert refused.status_code == 403
    assert "'predict'" in refused.json()["error"]["message"]
    assert store.find_key(key).last_used_at is None


def test_too_often_is_told_when_to_come_back(store):
    key = store.create_key("web", ["predict"], rate_per_minute=1, by="me")
    assert ask(door(), **{"X-API-Key": key}).status_code == 200
    refused = ask(door(), **{"X-API-Key": key})
    assert refused.status_code == 429
    assert 50 <= int(refused.headers["retry-after"]) <= 60


def test_a_revoked_key_is_refused_from_the_next_request_on(store):
    key, app = store.create_key("web", ["predict"], by="me"), door()
    assert ask(app, **{"X-API-Key": key}).status_code == 200
    store.revoke_key("web", by="me")
    refused = ask(app, **{"X-API-Key": key})
    assert (refused.status_code, "revoked" in refused.text) == (401, True)


def test_tokens_are_taken_beside_keys(store, tmp_path):
    (tmp_path / "keys.json").write_text(key_set())
    oidc = OidcParams(issuer=GOOD["iss"], audience=GOOD["aud"], keys=str(tmp_path / "keys.json"))
    app = Access(APP, access=AccessParams(oidc=oidc))
    key = store.create_key("web", ["predict"], by="me")
    for credential, status in (
        (key, 200),
        (signed(), 200),
        (signed(scope="openid"), 403),
        (signed(lasts=-60), 401),
    ):
        assert ask(app, Authorization=f"Bearer {credential}").status_code == status


def test_a_body_is_not_read_before_its_sender_is_known(store):
    sent = []

    async def receive():
        raise AssertionError("the body was read")

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/predict", "headers": []}
    asyncio.run(door()(scope, receive, send))
    assert sent[0]["status"] == 401


def test_a_store_that_fails_is_not_the_callers_fault(store, monkeypatch):
    monkeypatch.setenv("UNDERTONE_STORE", "sqlite:////proc/none/store.sqlite")
    refused = ask(door(), **{"X-API-Key": "ut_1_2"})
    assert refused.status_code == 503


def test_a_websocket_shows_its_key_in_a_header_or_subprotocol(store):
    key = store.create_key("web", ["predict"], by="me")
    client = TestClient(door())
    with client.websocket_connect("/stream", headers={"X-API-Key": key}) as socket:
        assert socket.receive_text() == "reached"
    with client.websocket_connect("/stream", ["undertone", f"bearer.{key}"]) as socket:
        assert socket.accepted_subprotocol == "undertone"


def test_a_websocket_without_a_key_is_denied(store):
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        TestClient(door()).websocket_connect("/stream"),
    ):
        pass
    assert denied.value.status_code == 401
    assert denied.value.json()["error"]["code"] == "unauthenticated"


def test_a_server_that_cannot_deny_closes_the_websocket(store):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": "/stream", "headers": [], "subprotocols": []}
    asyncio.run(door()(scope, None, send))
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]
