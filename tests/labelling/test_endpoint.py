import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.labelling.tables import utterance
from tests.language_models import answer, stand_ins
from undertone.errors import ConfigError
from undertone.labelling.endpoint import (
    ATTEMPTS,
    Endpoint,
    EndpointClassifier,
    EndpointError,
    MalformedError,
)
from undertone.labelling.prompting import Shot
from undertone.labelling.texts import ask_endpoint

EMOTIONS = ("anger", "sadness")
KEY = "TEST_ENDPOINT_KEY"
GOOD = '{"emotion": "anger", "confidence": 0.8}'


@pytest.fixture
def serve() -> Iterator[Any]:
    with stand_ins() as start:
        yield start


def classifier(url: str, **changes: Any) -> EndpointClassifier:
    settings = {"model": "m", "timeout_s": 5.0} | changes
    return EndpointClassifier(Endpoint(url, **settings), EMOTIONS, [Shot("no", "sadness")], 0.001)


def test_an_answer_is_checked_and_read(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "secret")
    server = serve(answer(f"```json\n{GOOD}\n```"))
    with classifier(server.url, key_variable=KEY) as asked:
        choice = asked.classify("leave me alone")
    assert (choice.emotion, choice.confidence) == ("anger", 0.8)
    (request,) = server.asked
    assert request["path"] == "/v1/chat/completions"
    assert (request["model"], request["temperature"]) == ("m", 0)
    roles = [message["role"] for message in request["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert "anger, sadness" in request["messages"][0]["content"]
    assert json.loads(request["messages"][2]["content"])["emotion"] == "sadness"
    assert server.keys == ["Bearer secret"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(serve: Any, status: int) -> None:
    server = serve((status, {}), (status, {}), answer(GOOD))
    with classifier(server.url) as asked:
        assert asked.classify("x").emotion == "anger"
    assert len(server.asked) == 3
    assert server.keys == [None] * 3


@pytest.mark.parametrize("status", [429, 500])
def test_what_does_not_pass_is_told(serve: Any, status: int) -> None:
    server = serve((status, {}))
    with classifier(server.url) as asked, pytest.raises(EndpointError, match=f"answered {status}"):
        asked.classify("x")
    assert len(server.asked) == ATTEMPTS


@pytest.mark.parametrize(
    ("status", "said"), [(401, "does not accept the key"), (404, "model's name 'm'")]
)
def test_a_refusal_is_told_at_once(serve: Any, status: int, said: str) -> None:
    server = serve((status, {}))
    with classifier(server.url) as asked, pytest.raises(EndpointError, match=said):
        asked.classify("x")
    assert len(server.asked) == 1


def test_a_slow_endpoint_is_given_up(serve: Any) -> None:
    server = serve(0.4)
    started = time.monotonic()
    late = pytest.raises(EndpointError, match=r"does not answer \(ReadTimeout\)")
    with classifier(server.url, timeout_s=0.05) as asked, late:
        asked.classify("x")
    assert len(server.asked) == ATTEMPTS
    assert time.monotonic() - started < 5


def test_nobody_there_is_told() -> None:
    nobody = pytest.raises(EndpointError, match="ConnectError")
    with classifier("http://127.0.0.1:9/v1") as asked, nobody:
        asked.classify("x")


@pytest.mark.parametrize(
    "bad",
    [
        answer("It is anger, I think."),
        answer('{"emotion": "anger"}'),
        answer('{"emotion": "joy", "confidence": 0.5}'),
        answer('{"emotion": "anger", "confidence": 7}'),
        (200, {"choices": []}),
        (200, [1]),
        (200, b"<html>"),
    ],
    ids=["prose", "half", "another word", "out of range", "no choice", "a list", "no JSON"],
)
def test_a_malformed_answer_is_tried_again_and_then_told(serve: Any, bad: Any) -> None:
    with classifier(serve(bad, answer(GOOD)).url) as asked:
        assert asked.classify("x").emotion == "anger"
    with classifier(serve(bad).url) as asked, pytest.raises(MalformedError, match="the answer"):
        asked.classify("x")


def test_one_malformed_answer_costs_one_label(serve: Any) -> None:
    server = serve(*[answer("?")] * ATTEMPTS, answer(GOOD))
    with classifier(server.url) as asked:
        rows = [utterance("a"), utterance("b"), utterance("c", None)]
        labels, rejects = ask_endpoint(asked, rows)
    assert [label.utterance.utterance_id for label in labels] == ["b"]
    assert [reject.place for reject in rejects] == ["c", "a"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("no address", "is no address"),
        ("ftp://127.0.0.1", "is no address"),
        ("http://models.example/v1", "in the open"),
    ],
)
def test_an_endpoint_that_cannot_be_asked_is_refused(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "secret")
    with pytest.raises(ConfigError, match=said):
        classifier(url, key_variable=KEY)


def test_a_key_that_is_not_there_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    with pytest.raises(ConfigError, match=f"{KEY} holds no key"):
        classifier("https://models.example/v1", key_variable=KEY)
