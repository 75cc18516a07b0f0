import asyncio
import logging

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from serving.observability.current import current_request
from serving.observability.requests import Requests


async def _told(request):
    return PlainTextResponse(str(current_request().id))


APP = Requests(Starlette(routes=[Route("/predict", _told), Route("/livez", _told)]))


def ask(path="/predict", **headers):
    async def answer():
        transport = httpx.ASGITransport(APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(answer())


def test_a_plain_id_is_kept():
    answer = ask(**{"X-Request-ID": "order-7.a_b"})
    assert answer.text == answer.headers["x-request-id"] == "order-7.a_b"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb", '"', "\u00e4"])
def test_any_other_is_replaced(given):
    answer = ask(**{"X-Request-ID": given.encode("latin-1")})
    assert len(answer.text) == 32
    assert answer.headers.get_list("x-request-id") == [answer.text]


def test_the_log_holds_the_route_and_not_the_address(caplog):
    caplog.set_level(logging.INFO, "undertone.access")
    ask()
    ask("/subjects/anna")
    ask("/anna-s-secret")
    ask("/livez")
    facts = [record.facts for record in caplog.records if record.name == "undertone.access"]
    assert [(fact["route"], fact["status"]) for fact in facts] == [
        ("/predict", 200),
        ("/subjects", 404),
        ("elsewhere", 404),
    ]
    assert "anna" not in str(facts)
    assert current_request().id is None
