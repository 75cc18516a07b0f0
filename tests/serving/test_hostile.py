"""What nobody should send, sent to a service that really decodes: refused, and forgotten."""

import io
import itertools
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import psutil
import pytest
import soundfile
from serving_harness import live_service, write_evaluation
from untrained import write_untrained_bundle

from undertone.hub import resolve

CANARY = "canary-6f1d"
PARAMS = """
audio: {max_bytes: 3000000, max_seconds: 60}
serving: {timeout_seconds: 4, max_waiting: 4, poll_seconds: 0.2, max_text_characters: 500}
long: {max_bytes: 4000000, max_seconds: 120, upload_seconds: 5}
"""
SECONDS, MEGABYTES = 10, 250
RATE = 16_000


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    home = tmp_path_factory.mktemp("hostile")
    bundle = write_untrained_bundle(home / "bundle", resolve("whisper-demo"))
    evaluation = write_evaluation(home / "evaluation")
    origin = {"data_revision": "r1", "split_hash": "s1", "run_id": "run-1"}
    with live_service(home, "serving.service:Undertone", PARAMS) as live:
        live.registry.promote(
            live.registry.register(bundle, evaluation=evaluation, **origin), "first"
        )
        live.client.wait_ready(120)
        live.client.predict(recording(tone(0.5)))
        yield live


@pytest.fixture(autouse=True)
def bounded(live):
    """Each takes bounded time and memory, leaves the service alive and says nothing of it."""
    workers = _workers(live)
    before = {worker: worker.memory_info().rss for worker in workers}
    for worker in workers:
        Path(f"/proc/{worker.pid}/clear_refs").write_text("5")
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SECONDS
    for worker, rss in before.items():
        assert _peak(worker) - rss < MEGABYTES << 20
    assert httpx.get(live.url + "/livez").status_code == 200
    assert live.client.predict(text="hello").emotion
    log = live.log.read_text()
    assert CANARY not in log
    assert "Traceback" not in log


def tone(seconds, rate=RATE):
    return 0.3 * np.sin(2 * np.pi * 220 * np.arange(int(seconds * rate)) / rate)


def recording(samples, container="WAV", rate=RATE, **kwargs):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=container, **kwargs)
    return file.getvalue()


def _bomb(container, seconds, **kwargs):
    """Silence of hours in a file of little."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 8000, 1, format=container, **kwargs) as out:
        for _ in range(seconds // 60):
            out.write(np.zeros(60 * 8000))
    return file.getvalue()


def _rate(rate):
    data = bytearray(recording(tone(0.5)))
    data[24:28] = rate.to_bytes(4, "little")
    return bytes(data)


def _claims_two_gigabytes():
    data = bytearray(recording(tone(0.5)))
    data[4:8] = (0x7FFF_0000 - 1).to_bytes(4, "little")
    data[40:44] = (0x7FFF_0000 - 40).to_bytes(4, "little")
    return bytes(data)


def _claims_little(data):
    """A FLAC whose header says one second, whatever follows."""
    lying = bytearray(data)
    lying[21:26] = bytes([lying[21] & 0xF0, *(8000).to_bytes(4, "big")])
    return bytes(lying)


WHOLE = recording(tone(2))
RECORDINGS = {
    "empty": b"",
    "truncated wav": WHOLE[:9000],
    "truncated flac": recording(tone(2), "FLAC")[:-900],
    "text": CANARY.encode() * 100,
    "wrong extension": b"\x89PNG\r\n\x1a\n" + CANARY.encode() * 100,
    "playlist": f"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd?{CANARY}\n".encode(),
    "concat script": f"ffconcat version 1.0\nfile /etc/{CANARY}\n".encode(),
    "0 Hz": _rate(0),
    "1 Hz": _rate(1),
    "no sample": recording(np.zeros(0)),
    "1 sample": recording(np.zeros(1)),
    "8 channels": recording(np.tile(tone(1)[:, None], 8)),
    "192 kHz": recording(tone(1, 192_000), rate=192_000),
    "claims two gigabytes": _claims_two_gigabytes(),
    "flac bomb": _bomb("FLAC", 3 * 3600),
    "flac bomb that claims a second": _claims_little(_bomb("FLAC", 3 * 3600)),
    "opus bomb": _bomb("OGG", 1800, subtype="OPUS"),
    "mp3 bomb": _bomb("MP3", 300, bitrate_mode="VARIABLE", compression_level=0.99),
    "not a number": recording(np.full(9000, np.nan), subtype="FLOAT"),
    "infinite": recording(np.full(9000, np.inf), subtype="FLOAT"),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_bad_recording_is_refused(live, name):
    refused(_predict(live, audio=RECORDINGS[name]), 413, 422)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_bad_long_recording_is_refused_or_fails_with_the_reason(live, name):
    answer = httpx.post(live.url + "/jobs", files={"audio": RECORDINGS[name]}, timeout=SECONDS)
    if answer.status_code != 202:
        refused(answer, 413, 422)
        return
    job_id = answer.json()["job_id"]
    _wait(lambda: live.client.job(job_id).finished)
    job = live.client.job(job_id)
    if name == "1 sample":  # a recording without speech
        assert (job.state, job.summary.utterances) == ("done", 0)
    else:
        assert job.state == "failed"
        assert job.problem.message
    live.client.stop(job_id)


@pytest.mark.parametrize("seconds", [0.5, 20])
def test_silence_is_answered_unknown(live, seconds):
    answer = live.client.predict(recording(np.zeros(int(seconds * RATE))))
    assert (answer.emotion, answer.unknown) == ("unknown", "no speech")


@pytest.mark.parametrize(
    "name",
    [
        b"../../etc/passwd",
        b"caf\xe9\xff\xfe.wav",
        b"a\\..\\b.wav",
        b"\x00.wav",
        b"x" * 5000,
        "\N{RIGHT-TO-LEFT OVERRIDE}vaw.exe".encode(),
    ],
)
def test_a_file_name_means_nothing(live, name):
    name += CANARY.encode()
    body = b'--b\r\nContent-Disposition: form-data; name="audio"; filename="%s"\r\n\r\n' % name
    body += recording(tone(0.5)) + b"\r\n--b--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = httpx.post(live.url + "/predict", content=body, headers=headers, timeout=SECONDS)
    if answer.status_code != 200:
        refused(answer, 400, 422)


FORMS = {
    "no boundary": ("multipart/form-data", CANARY.encode()),
    "endless head": ("multipart/form-data; boundary=b", b"--b\r\n" + b"x" * 100_000),
    "no end": ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="'),
    "many parts": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nx\r\n' * 5000 + b"--b--\r\n",
    ),
    "nested": ("multipart/mixed; boundary=b", b"--b\r\n\r\n--b--\r\n"),
    "invalid utf-8": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="call_id"\r\n\r\n\xff\xfe\r\n--b--\r\n',
    ),
    "pickle": ("application/vnd.bentoml+pickle", b"\x80\x04."),
}


@pytest.mark.parametrize("path", ["/predict", "/jobs"])
@pytest.mark.parametrize("name", FORMS)
def test_a_bad_form_is_refused(live, name, path):
    kind, body = FORMS[name]
    answer = httpx.post(live.url + path, content=body, headers={"content-type": kind})
    refused(answer, 400, 413, 415, 422)


BODIES = {
    "huge": b'{"prediction_id": "%s"}' % (b"x" * 3_000_000),
    "deep": b"[" * 200_000,
    "deep object": b'{"a":' * 100_000,
    "wrong types": b'{"prediction_id": 1, "emotion": [], "source": {}}',
    "long number": b'{"prediction_id": ' + b"9" * 100_000 + b"}",
    "not a number": b'{"prediction_id": NaN}',
    "a null byte": b'{"prediction_id": "\\u0000", "emotion": "anger", "source": "me"}',
    "half a character": b'{"prediction_id": "\\ud800", "emotion": "anger", "source": "me"}',
    "invalid utf-8": b'{"prediction_id": "\xff"}',
    "more": b'{"prediction_id": "x", "emotion": "anger", "source": "me", "%s": 1}'
    % CANARY.encode(),
    "an array": b"[]",
    "nothing": b"",
}


@pytest.mark.parametrize("name", BODIES)
def test_bad_feedback_is_refused(live, name):
    headers = {"content-type": "application/json"}
    answer = httpx.post(live.url + "/feedback", content=BODIES[name], headers=headers)
    refused(answer, 400, 404, 413, 422)


@pytest.mark.parametrize(
    "labels",
    ["[" * 400, '{"a":' * 90, '{"anger": 1}', '["anger"]', "{}", '{"anger": ""}', ",,,", "\x00"],
)
def test_bad_labels_are_refused(live, labels):
    refused(_predict(live, text=(None, "hello"), labels=(None, labels)), 422)


@pytest.mark.parametrize("length", ["-1", "2147483648", "99999999999999999999", "x", "1e9"])
def test_a_length_that_lies_is_no_reason_to_wait(live, length):
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    assert _raw(live, head.encode()).split()[1] in (b"400", b"413")


@pytest.mark.parametrize(("path", "most"), [("/predict", 4), ("/jobs", 5), ("/feedback", 4)])
def test_a_body_that_drips_is_cut_off(live, path, most):
    began = time.monotonic()
    answer = _dripped(live, path, 0.2)
    assert answer.split()[1] == b"408"
    assert b'"too_slow"' in answer
    assert most - 1 < time.monotonic() - began < most + 4


def test_a_body_that_stops_is_cut_off(live):
    assert _dripped(live, "/jobs", SECONDS).split()[1] == b"408"


def test_those_who_drip_fill_no_more_than_their_places(live):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _dripped(live, "/predict", 0.2), range(8)))
    assert {answer.split()[1] for answer in answers} == {b"408", b"429"}


def refused(answer, *statuses):
    assert answer.status_code in statuses, answer.text[:300]
    problem = answer.json()["error"]
    assert problem["code"]
    assert 0 < len(problem["message"]) < 400


def _predict(live, **files):
    return httpx.post(live.url + "/predict", files=files, timeout=SECONDS)


def _raw(live, sent):
    address = urlsplit(live.url)
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as caller:
        caller.sendall(sent)
        return caller.recv(4000)


def _dripped(live, path, pause):
    """The answer to a body of which a byte comes every so often."""
    address = urlsplit(live.url)
    kind = "application/json" if path == "/feedback" else "multipart/form-data; boundary=b"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 9000\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as caller:
        caller.sendall(head.encode() + b"--b\r\n")
        answered = threading.Event()

        def drip():
            for _ in itertools.count():
                if answered.wait(pause):
                    return
                try:
                    caller.sendall(b"x")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        answer = _until_hung_up(caller)
        answered.set()
        dripping.join()
    return answer


def _until_hung_up(caller):
    """What was received; a byte on its way at the end makes a reset of the hanging up."""
    answer = b""
    with suppress(ConnectionResetError):
        while part := caller.recv(4000):
            answer += part
    return answer


def _workers(live):
    (parent,) = (
        psutil.Process(one.pid)
        for one in psutil.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN and one.laddr.port == urlsplit(live.url).port
    )
    return [parent, *parent.children()]


def _peak(worker):
    lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


def _wait(happened):
    until = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
