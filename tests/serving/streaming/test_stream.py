"""Live speech over a real WebSocket, to a service in a process of its own."""

import asyncio
import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import soxr
from serving_harness import live_service
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from serving.client import AsyncClient, ServiceError
from serving.streaming.messages import Done, Final, Listening, Provisional, Start

PARAMS = """
serving: {poll_seconds: 0.1, keep_text: true, keep_audio: true}
streaming: {streams: 2, max_seconds: 60, idle_seconds: 1, speed: 50}
"""
FRAME = b"\0\0" * 1600
START = Start().model_dump_json()


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with live_service(tmp_path_factory.mktemp("live"), params=PARAMS) as live:
        live.wait_alive()
        live.without_champion = _refused(live, START)
        live.registry.promote(live.register("anger"), "first")
        live.client.wait_ready(60)
        yield live


async def _hear(url, pcm, start=None, chunk=5_000):
    """All events of a stream that is sent as fast as it is taken."""
    async with AsyncClient(url) as client, client.stream(start) as stream:
        for begin in range(0, len(pcm), chunk):
            await stream.send(pcm[begin : begin + chunk])
        await stream.end()
        return stream.ready, [event async for event in stream]


def _of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_utterances_are_answered_as_they_end_and_kept(live, conversation, sentences, pause):
    use = {"role": "customer", "purpose": "service_quality", "consent": True}
    start = Start(speaker_id="s1", channel="web", **use)
    ready, events = asyncio.run(_hear(live.url, conversation, start))
    assert ready.model_tag == live.registry.champion()
    finals = _of(Final, events)
    assert len(finals) == 3
    begin = 0.0
    for sentence, final in zip(sentences, finals, strict=False):
        begin += len(pause) / 16_000
        assert begin - 0.8 < final.start < begin
        begin += len(sentence) / 16_000
        assert begin < final.end < begin + 0.8
        assert final.emotion == "anger"
        row = live.store.get_prediction(final.prediction_id)
        assert (row.call_id, row.speaker_id, row.channel) == (ready.call_id, "s1", "web")
        assert (row.role, row.purpose) == ("customer", "service_quality")
        assert Path(row.audio_path).read_bytes()[:4] == b"fLaC"
    seconds = len(conversation) / 32_000
    assert events[-1] == Done(seconds=seconds, utterances=3)
    assert [event.seconds for event in _of(Listening, events)][-1] == pytest.approx(seconds, abs=1)
    assert {event.speaking for event in _of(Listening, events)} == {True, False}


def test_an_utterance_is_judged_while_it_is_spoken_and_that_is_not_kept(live, conversation):
    before = live.store.count_predictions()
    _, events = asyncio.run(_hear(live.url, conversation, chunk=640))
    provisional = _of(Provisional, events)
    assert provisional
    assert {event.emotion for event in provisional} == {"anger"}
    assert sum(provisional[0].distribution.values()) == pytest.approx(1)
    assert live.store.count_predictions() == before + 3
    _, without = asyncio.run(_hear(live.url, conversation, Start(provisional=False)))
    assert not _of(Provisional, without)


def test_8_khz_gives_the_same_utterances(live, conversation):
    wide = np.frombuffer(conversation, "<i2")
    narrow = soxr.resample(wide, 16_000, 8_000).astype("<i2").tobytes()
    _, at_16 = asyncio.run(_hear(live.url, conversation))
    _, at_8 = asyncio.run(_hear(live.url, narrow, Start(sample_rate=8_000)))
    for one, other in zip(_of(Final, at_16), _of(Final, at_8), strict=True):
        assert one.start == pytest.approx(other.start, abs=0.15)
        assert one.end == pytest.approx(other.end, abs=0.15)


def test_the_emotions_are_told_as_the_caller_wants_them(live, conversation):
    start = Start(labels={"anger": "negative", "happiness": "positive"})
    _, events = asyncio.run(_hear(live.url, conversation, start))
    assert {event.emotion for event in _of(Final, events)} == {"negative"}
    with pytest.raises(ServiceError, match="hunger"):
        asyncio.run(_hear(live.url, b"", Start(labels=["hunger"])))


def test_silence_and_nothing_at_all_have_no_utterances(live, pause):
    for pcm in (b"", pause.tobytes(), FRAME * 30):
        _, events = asyncio.run(_hear(live.url, pcm))
        assert not _of(Final, events)
        assert events[-1].utterances == 0


def _refused(live, *messages):
    """What a stream is told that begins with some messages, and its close code."""
    with connect(live.url.replace("http", "ws") + "/stream", proxy=None) as socket:
        for message in messages:
            socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                last = json.loads(socket.recv(timeout=30))
    assert last["type"] == "error"
    assert set(last["error"]) == {"code", "message", "hint", "request_id"}
    return last["error"], closed.value.rcvd.code


def _frame(number, pcm=FRAME):
    return struct.pack("<I", number) + pcm


@pytest.mark.parametrize(
    ("messages", "said", "code"),
    [
        ([_frame(0)], "before the start", 1002),
        (["{"], "JSON", 1002),
        (["[]"], "dictionary|object", 1007),
        (['{"type": "begin"}'], "type", 1007),
        (['{"type": "start", "sample_rate": 44100}'], "sample_rate", 1007),
        (['{"type": "start", "sample_rate": "fast"}'], "sample_rate", 1007),
        (['{"type": "start", "encoding": "mp3"}'], "encoding", 1007),
        (['{"type": "start", "secret": 1}'], "secret", 1007),
        (['{"type": "start", "labels": {"anger": ""}}'], "labels", 1007),
        (["x" * 20_000], "characters", 1009),
        ([START, START], "type", 1007),
        ([START, _frame(1)], "Frame 1 came where 0", 1002),
        ([START, _frame(0), _frame(0)], "Frame 0 came where 1", 1002),
        ([START, _frame(0), _frame(2)], "Frame 2 came where 1", 1002),
        ([START, b"\0\0"], "bytes", 1007),
        ([START, b""], "bytes", 1007),
        ([START, _frame(0, FRAME[:-1])], "bytes", 1007),
        ([START, _frame(0, b"")], "20 ms", 1007),
        ([START, _frame(0, FRAME[:20]), _frame(1)], "20 ms", 1007),
        ([START, _frame(0, b"\0\0" * 3201)], "200 ms", 1009),
        ([START, _frame(0, b"\0\0" * 500_000)], "200 ms", 1009),
        ([START, *(_frame(number, FRAME * 2) for number in range(301))], "60 seconds", 1009),
        ([START, _frame(0)], "Nothing came for 1 s", 1008),
    ],
)
def test_every_refusal_says_why_and_ends_the_stream(live, messages, said, code):
    problem, closed = _refused(live, *messages)
    assert re.search(said, problem["message"]), problem
    assert closed == code
    assert live.client.predict(text="hello").emotion == "anger"


def test_there_is_room_for_so_many_streams(live, conversation):
    url = live.url.replace("http", "ws") + "/stream"
    with connect(url, proxy=None) as one, connect(url, proxy=None) as other:
        for socket in (one, other):
            socket.send(START)
            assert json.loads(socket.recv())["type"] == "ready"
        problem, closed = _refused(live)
        assert (problem["code"], closed) == ("busy", 1013)
    _, events = asyncio.run(_hear(live.url, conversation))  # asks again until there is room
    assert events[-1].utterances == 3


def test_what_had_ended_when_a_caller_leaves_is_kept_and_the_rest_is_dropped(
    live, sentences, pause
):
    said = np.concatenate([pause, sentences[0], pause, sentences[1]]).astype("<i2").tobytes()

    async def leave():
        async with AsyncClient(live.url) as client, client.stream() as stream:
            await stream.send(said)
            events = aiter(stream)
            while not isinstance(event := await anext(events), Final):
                pass
            return event.prediction_id, stream.ready.call_id

    prediction_id, call_id = asyncio.run(leave())
    assert live.store.get_prediction(prediction_id).call_id == call_id
    _, events = asyncio.run(_hear(live.url, said))
    assert events[-1].utterances == 2
    assert list(live.store.predictions()["call_id"]).count(call_id) == 1


def test_a_caller_who_sends_too_fast_is_slowed_down(live, pause):
    """50 times real time is the most that is taken: 40 s take .8 s."""

    async def timed():
        began = asyncio.get_running_loop().time()
        await _hear(live.url, FRAME * 400)
        return asyncio.get_running_loop().time() - began

    assert asyncio.run(timed()) > 0.75


def test_the_log_holds_no_tracebacks_of_callers(live):
    assert "Traceback" not in live.log.read_text()


def test_without_a_champion_nobody_listens(live):
    problem, closed = live.without_champion
    assert (problem["code"], closed) == ("not_ready", 1013)
    assert "promote" in problem["hint"]
