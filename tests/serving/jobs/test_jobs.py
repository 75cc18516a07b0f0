"""Long recordings sent to a running service."""

import io
import time
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
import soundfile
from serving_harness import live_service

from serving.client import ServiceError
from serving.jobs.schemas import State
from undertone.audio import SAMPLE_RATE, from_pcm16
from undertone.config import GeneratedParams
from undertone.corpora.generated import generate

PARAMS = """
audio: {max_bytes: 100000}
serving: {poll_seconds: 0.1, timeout_seconds: 5}
long: {max_bytes: 8000000, max_seconds: 400, waiting: 1}
"""
SENTENCES = 12


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Sentences with pauses between them."""
    path = tmp_path_factory.mktemp("talk") / "talk.flac"
    pause = np.zeros(SAMPLE_RATE * 3 // 2, np.float32)
    said = generate(GeneratedParams(clips=SENTENCES, seed=5))
    pieces = [piece for one in said for piece in (pause, from_pcm16(one.samples).samples)]
    soundfile.write(path, np.concatenate([*pieces, pause]), SAMPLE_RATE)
    return path


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with live_service(tmp_path_factory.mktemp("jobs"), params=PARAMS) as live:
        live.registry.promote(live.register("anger"), "first")
        live.client.wait_ready(60)
        yield live


def test_each_utterance_is_judged_and_recorded_and_all_add_up(live, talk):
    job = live.client.hear(talk, speaker_id="s1", labels='{"anger": "negative", "fear": "fear"}')
    job = _finished(live, job)
    assert (job.state, job.problem) == (State.DONE, None)
    assert job.seconds == job.total_seconds == pytest.approx(soundfile.info(talk).duration)
    assert job.summary.shares == {"negative": 1.0}
    assert job.summary.distribution == {"negative": 1.0, "fear": 0.0}
    passages = live.client.utterances(job.job_id)
    assert len(passages) == job.utterances == job.summary.utterances == SENTENCES
    starts = [passage.start for passage in passages]
    assert starts == sorted(starts)
    assert all(passage.end < job.seconds + 0.1 for passage in passages)
    row = live.store.get_prediction(passages[0].answer.prediction_id)
    assert (row.emotion, row.speaker_id, row.call_id) == ("anger", "s1", job.job_id)


def test_a_job_can_be_stopped_and_short_requests_do_not_wait_for_it(live, talk):
    job = live.client.hear(talk, language="slow")
    _wait(lambda: live.client.job(job.job_id).utterances)
    began = time.monotonic()
    live.client.predict(text="hello")
    assert time.monotonic() - began < 1
    files = _open_files(live)
    assert files
    began = time.monotonic()
    stopped = live.client.stop(job.job_id)
    assert time.monotonic() - began < 2
    assert stopped.state is State.CANCELLED
    assert 0 < stopped.utterances < SENTENCES
    assert len(live.client.utterances(job.job_id)) in (stopped.utterances, stopped.utterances + 1)
    _wait(lambda: not _open_files(live))


def test_too_many_are_told_to_come_back_and_those_who_wait_can_be_stopped(live, talk):
    running, waiting = (live.client.hear(talk, language="slow") for _ in range(2))
    refused = httpx.post(live.url + "/jobs", files={"audio": talk.read_bytes()})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert live.client.job(waiting.job_id).state is State.WAITING
    for job in (waiting, running):
        assert live.client.stop(job.job_id).state is State.CANCELLED
    _wait(lambda: not _open_files(live))


def test_a_finished_job_can_be_forgotten(live, talk):
    job = _finished(live, live.client.hear(talk))
    live.client.stop(job.job_id)
    for ask in (live.client.job, live.client.utterances, live.client.stop):
        with pytest.raises(ServiceError) as refused:
            ask(job.job_id)
        assert refused.value.code == "not_found"


def test_jobs_of_a_speaker_are_forgotten_with_all_else(live, talk):
    theirs = _finished(live, live.client.hear(talk, speaker_id="gone"))
    running = live.client.hear(talk, speaker_id="gone", language="slow")
    another = live.client.hear(talk, speaker_id="stays", language="slow")
    forgotten = httpx.delete(f"{live.url}/subjects/gone").json()
    assert (forgotten["jobs"], forgotten["predictions"] >= SENTENCES) == (2, True)
    for job in (theirs, running):
        with pytest.raises(ServiceError):
            live.client.job(job.job_id)
    assert live.client.stop(another.job_id).state is State.CANCELLED
    _wait(lambda: not _open_files(live))


@pytest.mark.parametrize("job_id", ["0" * 32, "%2e%2e", "a" * 5000, "\u00e4"])
def test_there_are_no_other_jobs(live, job_id):
    assert httpx.get(f"{live.url}/jobs/{job_id}").status_code == 404


def test_what_is_over_a_bound_fails_with_the_reason(live):
    def noise(seconds, container):
        file = io.BytesIO()
        soundfile.write(file, np.zeros(seconds * SAMPLE_RATE), SAMPLE_RATE, format=container)
        return file.getvalue()

    for data, reason in (
        (noise(500, "FLAC"), "too long"),
        (b"no recording", "not audio"),
        (noise(90, "OGG")[:-2000], "truncated"),
    ):
        answer = httpx.post(live.url + "/jobs", files={"audio": data}).json()
        job = _finished(live, live.client.job(answer["job_id"]))
        assert job.state is State.FAILED
        assert reason in job.problem.message


@pytest.mark.parametrize(
    ("status", "files"),
    [
        (400, {"speaker_id": (None, "s1")}),
        (413, {"audio": b"x" * 8_100_000}),
        (422, {"audio": b""}),
        (422, {"audio": (None, "http://127.0.0.1/a.wav")}),
        (422, {"audio": b"x", "text": (None, "hello")}),
        (422, {"audio": b"x", "labels": (None, "hunger")}),
        (422, {"audio": b"x", "timeline": (None, "maybe")}),
    ],
)
def test_what_cannot_be_heard_is_refused_at_once(live, status, files):
    refused = httpx.post(live.url + "/jobs", files=files)
    assert refused.status_code == status
    assert refused.json()["error"]["message"]


def test_silence_amounts_to_nothing(live, tmp_path):
    soundfile.write(tmp_path / "silence.flac", np.zeros(40 * SAMPLE_RATE), SAMPLE_RATE)
    job = _finished(live, live.client.hear(tmp_path / "silence.flac"))
    assert (job.state, job.summary.utterances, job.summary.shares) == (State.DONE, 0, {})


def test_the_description_tells_of_jobs(live):
    spec = httpx.get(live.url + "/docs.json").json()
    submit = spec["paths"]["/jobs"]["post"]
    form = submit["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["required"] == ["audio"]
    assert "text" not in form["properties"]
    assert set(submit["responses"]) == {"202", "default"}
    assert set(spec["paths"]["/jobs/{job_id}"]) == {"get", "delete"}
    assert "JudgedPassage" in spec["components"]["schemas"]


def _finished(live, job):
    _wait(lambda: live.client.job(job.job_id).finished)
    return live.client.job(job.job_id)


def _workers(live):
    port = httpx.URL(live.url).port
    connections = psutil.net_connections("tcp")
    pids = {one.pid for one in connections if one.laddr.port == port and one.status == "LISTEN"}
    found = [psutil.Process(pid) for pid in pids if pid]
    return {child for each in found for child in [each, *each.children()]}


def _open_files(live):
    """Files without a name that the service holds: recordings on disk."""
    links = [path for worker in _workers(live) for path in Path(f"/proc/{worker.pid}/fd").iterdir()]
    return [link for link in links if link.is_symlink() and "(deleted)" in str(link.readlink())]


def _wait(happened, seconds=60):
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
