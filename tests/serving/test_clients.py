"""Both clients where the service stumbles: what is asked again, and what is not."""

import asyncio

import httpx
import pytest
from tenacity import RetryCallState

from serving.client import AsyncClient, Client, ServiceError, patience
from serving.schemas import ModelStatus

BUSY = {"status_code": 429, "json": {"error": {"code": "busy", "message": "Busy."}}}
OK = {"status_code": 200, "content": ModelStatus(tag="t").model_dump_json()}
DOWN, MISSING = {"status_code": 503}, {"status_code": 404}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(patience, "_BACKOFF", lambda _state: 0.0)


class Service:
    """Answers as told, one after the other; exceptions are raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(**answer)

    async def later(self, request):
        return self(request)


def sync(service, ask, **settings):
    with Client("http://test", **settings) as client:
        client._http._transport = httpx.MockTransport(service)
        return ask(client)


def later(service, ask, **settings):
    async def run():
        async with AsyncClient("http://test", **settings) as client:
            client._http._transport = httpx.MockTransport(service.later)
            return await ask(client)

    return asyncio.run(run())


@pytest.mark.parametrize("run", [sync, later])
class TestBoth:
    def test_a_busy_service_is_asked_again(self, run):
        service = Service(BUSY, DOWN, OK)
        assert run(service, lambda client: client.model()).tag == "t"
        assert len(service.asked) == 3

    def test_but_not_for_ever(self, run):
        service = Service(*[BUSY] * 9)
        with pytest.raises(ServiceError, match="Busy") as refused:
            run(service, lambda client: client.model(), retries=2)
        assert (refused.value.code, refused.value.status) == ("busy", 429)
        assert len(service.asked) == 3

    def test_nor_where_it_asks_to_wait_too_long(self, run):
        service = Service(BUSY | {"headers": {"Retry-After": "3600"}})
        with pytest.raises(ServiceError) as refused:
            run(service, lambda client: client.model())
        assert refused.value.retry_after_s == 3600

    def test_what_never_arrived_is_asked_again(self, run):
        service = Service(httpx.ConnectError("refused"), BUSY, MISSING)
        with pytest.raises(ServiceError) as refused:
            run(service, lambda client: client.predict(text="hello"))
        assert refused.value.status == 404
        assert len(service.asked) == 3

    def test_a_prediction_that_may_have_arrived_is_not(self, run):
        service = Service(httpx.ReadTimeout("late"), OK)
        with pytest.raises(ServiceError) as refused:
            run(service, lambda client: client.predict(text="hello"))
        assert refused.value.code == "unreachable"
        assert len(service.asked) == 1

    def test_feedback_that_may_have_arrived_is(self, run):
        service = Service(httpx.ReadTimeout("late"), OK)
        run(service, lambda client: client.feedback("p", "anger", source="me"))
        assert len(service.asked) == 2

    def test_the_key_and_all_wishes_are_sent(self, run):
        service = Service(MISSING)
        with pytest.raises(ServiceError):
            run(
                service,
                lambda client: client.predict(
                    b"sound", role="customer", consent=True, transcript=False, labels=None
                ),
                key="secret",
            )
        (request,) = service.asked
        assert request.headers["authorization"] == "Bearer secret"
        body = request.read().decode()
        for name, value in (("role", "customer"), ("consent", "true"), ("transcript", "false")):
            assert f'name="{name}"\r\n\r\n{value}\r\n' in body
        assert 'name="labels"' not in body


def test_pauses_are_as_long_as_the_service_says():
    again = patience.patience(3, repeatable=True)

    told = ServiceError("Busy.", code="busy", status=429, retry_after_s=2.0)
    state = RetryCallState(None, None, (), {})
    state.set_exception((ServiceError, told, None))
    assert again["wait"](state) == 2.0
