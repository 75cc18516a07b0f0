import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.labelling.tables import utterance
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


class StandIn(ThreadingHTTPServer):
    """Answers one thing after the other, the last for ever, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, *answers: tuple[int, Any] | float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        place = min(len(self.server.asked), len(self.server.answers) - 1)
        self.server.asked.append(json.loads(body) | {"path": self.path})
        self.server.keys.append(self.headers.get("Authorization"))
        answer = self.server.answers[place]
        if isinstance(answer, float):
            time.sleep(answer)
            return
        status, content = answer
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        pass


def answer(content: str) -> tuple[int, Any]:
    return 200, {"choices": [{"message": {"role": "assistant", "content": content}}]}


@pytest.fixture
def serve() -> Iterator[Any]:
    started: list[StandIn] = []

    def start(*answers: tuple[int, Any] | float) -> StandIn:
        started.append(StandIn(*answers))
        threading.Thread(target=started[-1].serve_forever, daemon=True).start()
        return started[-1]

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


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
