"""The guard around an app that does what the service must never show."""

import asyncio
import json

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from serving.guard import Bounds, Guard


async def _broken(request):
    raise ValueError("secret")


async def _text(request):
    return PlainTextResponse("teapot", 418)


async def _half(request):
    async def chunks():
        yield b"half"
        await asyncio.sleep(5)

    return StreamingResponse(chunks())


async def _echo(request):
    return PlainTextResponse(str(len(await request.body())))


APP = Starlette(
    routes=[
        Route("/broken", _broken),
        Route("/text", _text),
        Route("/half", _half),
        Route("/echo", _echo, methods=["POST"]),
        Route("/long", _echo, methods=["POST"]),
    ]
)
GUARDED = Guard(
    APP,
    bounds=Bounds(100, 0.2),
    by_path={"/long": Bounds(1000, 0.5)},
    stall_seconds=0.1,
    max_waiting=1,
)


def _ask(method, path, **content):
    async def ask():
        transport = httpx.ASGITransport(GUARDED, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **content)

    return asyncio.run(ask())


@pytest.mark.parametrize(("path", "status"), [("/broken", 500), ("/text", 418), ("/nowhere", 404)])
def test_foreign_errors_are_put_into_the_envelope(path, status):
    response = _ask("GET", path)
    assert response.status_code == status
    assert set(response.json()["error"]) == {"code", "message"}
    assert "secret" not in response.text


def test_bounds_hold_whatever_the_head_says():
    assert _ask("POST", "/echo", content=b"x" * 100).text == "100"
    assert _ask("POST", "/echo", content=b"x" * 101).status_code == 413

    async def chunks():
        for _ in range(11):
            yield b"x" * 10

    assert _ask("POST", "/echo", content=chunks()).status_code == 413


@pytest.mark.parametrize(("path", "bound"), [("/echo", 0.2), ("/long", 0.5)])
def test_a_body_that_does_not_arrive_is_not_waited_for(path, bound):
    async def drip():
        while True:
            yield b"x"
            await asyncio.sleep(0.02)

    response = _ask("POST", path, content=drip())
    assert response.status_code == 408
    assert f"{bound:g} s" in response.json()["error"]["message"]


def test_a_body_that_stops_is_not_waited_for_either():
    async def stop():
        yield b"x"
        await asyncio.sleep(5)

    response = _ask("POST", "/long", content=stop())
    assert response.status_code == 408
    assert "0.1 s" in response.json()["error"]["message"]


def test_a_path_may_have_bounds_of_its_own():
    assert _ask("POST", "/long", content=b"x" * 1000).text == "1000"


def test_an_answer_that_began_is_not_followed_by_an_error():
    sent = []

    async def send(message):
        sent.append(message["type"])

    async def receive():
        await asyncio.sleep(5)

    scope = {"type": "http", "method": "GET", "path": "/half", "headers": []}
    asyncio.run(GUARDED(scope, receive, send))
    assert sent == ["http.response.start", "http.response.body"]


def test_other_protocols_pass_untouched():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    guard = Guard(app, bounds=Bounds(1, 1), by_path={}, stall_seconds=1, max_waiting=1)
    asyncio.run(guard({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]


def test_the_log_names_kind_and_place_only(caplog):
    _ask("GET", "/broken")
    assert "ValueError at" in caplog.text
    assert "secret" not in json.dumps([record.getMessage() for record in caplog.records])
