"""Answers that do not wait for the body."""

import asyncio

import pytest

from serving import lingering
from serving.lingering import Lingering


def exchange(headers, messages, *, reads):
    """What is sent by an app that reads so many messages before it answers."""
    sent, left = [], list(messages)

    async def app(scope, receive, send):
        for _ in range(reads):
            await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    async def receive():
        if not left:
            await asyncio.sleep(60)
        return left.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    asyncio.run(Lingering(app)(scope, receive, send))
    return sent, left


PARTS = [{"type": "http.request", "body": b"x", "more_body": more} for more in (True, True, False)]
LENGTH = [(b"content-length", b"3")]


def test_one_who_was_heard_out_stays_connected():
    sent, _ = exchange(LENGTH, PARTS, reads=3)
    assert sent[0]["headers"] == []
    assert len(sent) == 3


def test_a_request_without_a_body_has_been_heard_out():
    assert exchange([], [], reads=0)[0][0]["headers"] == []


@pytest.mark.parametrize("headers", [LENGTH, [(b"transfer-encoding", b"chunked")]])
def test_one_who_was_not_is_answered_read_for_a_moment_and_left(headers):
    sent, left = exchange(headers, PARTS, reads=1)
    assert sent[0]["headers"] == [(b"connection", b"close")]
    assert b"".join(message.get("body", b"") for message in sent) == b"ab"
    assert [message.get("more_body", False) for message in sent[1:]] == [True, True, False]
    assert left == []


def test_one_who_stops_sending_is_left_all_the_same(monkeypatch):
    monkeypatch.setattr(lingering, "LINGER_S", 0.05)
    sent, _ = exchange(LENGTH, PARTS[:1], reads=1)
    assert sent[-1] == {"type": "http.response.body"}
