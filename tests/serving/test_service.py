"""The running service, over real HTTP, in a process of its own."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import pytest
from serving_harness import live_service

from serving.champion import warm_up_tone
from serving.client import ServiceError
from undertone.errors import UndertoneError

SECRET = "fail: nobody may log this"
PARAMS = """
audio: {max_bytes: 100000}
serving:
  poll_seconds: 0.1
  keep_text: true
  keep_audio: true
  timeout_seconds: 2
  max_waiting: 4
  max_image_bytes: 20000
  max_text_characters: 100
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with live_service(tmp_path_factory.mktemp("live"), params=PARAMS) as live:
        live.wait_alive()
        live.before = SimpleNamespace(
            ready=httpx.get(live.url + "/readyz"),
            predict=_post(live, text="hello"),
            status=live.client.model(),
        )
        live.registry.promote(live.register("anger"), "first")
        live.client.wait_ready(20)
        yield live


def test_without_a_champion_it_says_so_and_lives(live):
    for response in (live.before.ready, live.before.predict):
        assert response.status_code == 503
        assert response.headers["retry-after"]
        assert response.json()["error"]["code"] == "not_ready"
        assert "promote" in response.json()["error"]["hint"]
    assert live.before.status.tag is None


def test_a_prediction_is_answered_and_recorded(live):
    tone = warm_up_tone()
    answer = live.client.predict(
        tone, "1.10", b"face", speaker_id="s3", call_id="c7", channel="web", consent=True
    )
    assert (answer.emotion, answer.model_tag) == ("anger", live.registry.champion())
    assert answer.modalities.model_dump() == {"audio": True, "text": True, "image": True}
    row = live.store.get_prediction(answer.prediction_id)
    assert (row.text, row.speaker_id, row.call_id, row.channel) == ("1.10", "s3", "c7", "web")
    assert row.lineage_id == answer.lineage_id == live.client.model().lineage["lineage_id"]
    assert (live.home / "audio" / f"{answer.prediction_id}.flac").read_bytes()[:4] == b"fLaC"
    assert row.audio_path.endswith(f"{answer.prediction_id}.flac")


def test_a_timeline_is_told_when_asked_for(live):
    assert live.client.predict(text="hello").timeline is None
    assert live.client.predict(text="hello", timeline=True).timeline == []
    refused = _sent(live, text="hello", timeline="maybe")
    assert refused.status_code == 422
    assert "timeline must be true or false" in refused.json()["error"]["message"]


def test_emotions_are_told_in_the_callers_words_and_kept_in_the_models(live):
    labels = '{"anger": "negative", "fear": "negative", "happiness": "positive"}'
    answer = _sent(live, text="hello", context="fear", labels=labels).json()
    assert answer["emotion"] == "negative"
    assert answer["distribution"] == {"negative": 1.0, "positive": 0.0}
    assert live.store.get_prediction(answer["prediction_id"]).emotion == "fear"
    refused = _sent(live, text="hello", labels="hunger")
    assert refused.status_code == 422
    assert "hunger" in refused.json()["error"]["message"]


def test_words_and_transcript_can_be_refused(live):
    asked = _sent(live, text="echo", transcript="false", words="0", language="de").json()
    assert asked["transcript"]["text"] == "echo transcribe=False words=False language=de"


def test_the_context_reaches_the_model(live):
    assert live.client.predict(text="hello", context="fear").emotion == "fear"


def test_feedback_is_taken_once(live):
    prediction_id = live.client.predict(text="hello").prediction_id
    for _ in range(2):
        live.client.feedback(prediction_id, "fear", source="me")
    for given, code in (
        ((prediction_id, "anger"), "conflict"),
        (("unknown", "anger"), "not_found"),
        ((prediction_id, "hunger"), "unprocessable"),
    ):
        with pytest.raises(ServiceError) as refused:
            live.client.feedback(*given, source="me")
        assert refused.value.code == code
    settled = live.store.labelled().frame.set_index("id")
    assert settled.loc[prediction_id, "feedback_emotion"] == "fear"


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (400, {"files": {"text": (None, "  ")}}),
        (400, {"files": {"txet": (None, "hello")}}),
        (400, {"content": b"x", "headers": {"content-type": "multipart/form-data"}}),
        (413, {"files": {"image": b"x" * 20_001}}),
        (413, {"files": {"text": (None, "x" * 101)}}),
        (413, {"files": {"audio": b"x" * 300_000}}),
        (415, {"json": {"text": "hello"}}),
        (415, {"content": b"x", "headers": {"content-type": "application/vnd.bentoml+pickle"}}),
        (422, {"files": {"audio": ("a.wav", b"")}}),
        (422, {"files": {"audio": (None, "http://127.0.0.1/a.wav")}}),
        (422, {"files": {"text": ("a.txt", b"hello")}}),
        (422, {"files": {"audio": b"noise"}}),
        (500, {"files": {"text": (None, SECRET)}}),
        (504, {"files": {"text": (None, "wait")}}),
    ],
)
def test_every_refusal_has_the_same_envelope(live, status, content):
    response = httpx.post(live.url + "/predict", **content)
    assert response.status_code == status
    problem = response.json()["error"]
    assert set(problem) <= {"code", "message", "hint", "request_id"}
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["message"]
    time.sleep(0.6 if status == 504 else 0)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/predict", 405), ("POST", "/model", 405)],
)
def test_wrong_addresses_have_it_too(live, method, path, status):
    response = httpx.request(method, live.url + path)
    assert response.status_code == status
    assert response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("status", "content"),
    [(400, {"content": b"{"}), (422, {"content": b'{"emotion": "fear"}'}), (415, {"data": {}})],
)
def test_feedback_that_cannot_be_read(live, status, content):
    kind = "text/plain" if "data" in content else "application/json"
    response = httpx.post(live.url + "/feedback", headers={"content-type": kind}, **content)
    assert response.status_code == status
    assert response.json()["error"]["message"]


def test_a_body_without_length_is_cut_off(live):
    head = b'--b\r\nContent-Disposition: form-data; name="audio"; filename="a"\r\n\r\n'
    endless = chain([head], repeat(b"x" * 10_000, 40))
    headers = {"content-type": "multipart/form-data; boundary=b"}
    response = httpx.post(live.url + "/predict", content=endless, headers=headers)
    assert response.status_code == 413


def test_a_caller_who_hangs_up_disturbs_nobody(live):
    address = urlsplit(live.url)
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    with socket.create_connection((address.hostname, address.port)) as broken:
        broken.sendall(head + b"Content-Length: 900\r\n\r\n--b\r\n")
    assert live.client.predict(text="hello").emotion == "anger"


def test_too_many_at_once_are_told_to_come_back(live):
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: _post(live, text="wait"), range(8)))
    assert {response.status_code for response in responses} == {429, 504}
    busy = next(response for response in responses if response.status_code == 429)
    assert busy.headers["retry-after"] == "1"
    _wait(lambda: _post(live, text="hello").status_code == 200)


def test_nothing_said_is_logged(live):
    _post(live, text=SECRET)
    httpx.post(live.url + "/feedback", json={"prediction_id": SECRET, "emotion": SECRET})
    log = live.log.read_text()
    assert SECRET not in log
    assert "Traceback" not in log
    assert "A request failed: ValueError at" in log


def test_a_new_champion_takes_over_without_a_failed_request(live):
    next_tag = live.register("fear")
    answers, stop = [], threading.Event()

    def call():
        while not stop.is_set():
            answers.append(_post(live, text="hello"))

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    _wait(lambda: bool(answers))
    live.registry.promote(next_tag, "better")
    _wait(lambda: live.client.model().tag == next_tag)
    time.sleep(0.3)
    stop.set()
    for caller in callers:
        caller.join()
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["emotion"] for answer in answers} == {"anger", "fear"}


def test_a_champion_that_cannot_be_loaded_leaves_the_old_one(live):
    good, bad = live.client.model().tag, live.register("broken")
    live.registry.promote(bad, "by mistake")
    _wait(lambda: live.client.model().problem)
    status = live.client.model()
    assert (status.tag, status.champion) == (good, bad)
    assert "truncated weights" in status.problem
    assert live.client.predict(text="hello").model_tag == good
    assert "undertone_load_failures_total 1.0" in httpx.get(live.url + "/metrics").text
    live.registry.roll_back("undo")
    _wait(lambda: not live.client.model().problem)


def test_prometheus_sees_emotions_swaps_and_the_champion(live):
    live.client.predict(text="hello")
    seen = httpx.get(live.url + "/metrics").text
    tag = live.client.model().tag
    assert f'undertone_model{{model_tag="{tag}",pointer="champion"}} 1.0' in seen
    assert f'model_tag="{tag}"' in seen
    for name in (
        "undertone_swaps_total",
        "undertone_confidence_bucket",
        "undertone_request_seconds",
    ):
        assert name in seen


def test_the_description_matches_the_routes(live):
    spec = httpx.get(live.url + "/docs.json").json()
    assert {"/predict", "/feedback", "/model", "/livez", "/readyz", "/metrics"} <= set(
        spec["paths"]
    )
    predict = spec["paths"]["/predict"]["post"]
    form = predict["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert form["audio"]["format"] == "binary"
    assert set(form) == {
        "audio",
        "text",
        "context",
        "image",
        "speaker_id",
        "call_id",
        "channel",
        "tenant",
        "role",
        "purpose",
        "consent",
        "timeline",
        "transcript",
        "words",
        "language",
        "labels",
    }
    assert "Answer" in str(predict["responses"]["200"])
    assert spec["components"]["schemas"]["Answer"]["example"]
    assert "Envelope" in spec["components"]["schemas"]
    limit = spec["paths"]["/operations/review"]["get"]["parameters"][0]
    assert (limit["name"], limit["schema"]["maximum"]) == ("limit", 200)
    assert "Review" in spec["components"]["schemas"]


def test_operations_answer_from_the_live_store(live):
    (latest, *_) = httpx.get(live.url + "/operations/champions").json()["moves"]
    assert latest["tag"] == live.registry.champion()
    refused = httpx.get(live.url + "/operations/traffic?hours=0")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "unprocessable")


def test_the_page_is_served_from_here_alone(live):
    page = httpx.get(live.url + "/").text
    assert "Undertone" in page
    assert "http" not in page.replace('lang="en"', "")
    for name in ("page/main.js", "page/style/theme.css"):
        assert httpx.get(f"{live.url}/{name}").status_code == 200
    policy = httpx.get(live.url + "/").headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    assert httpx.get(f"{live.url}/page/../service.py").status_code == 404


def test_a_client_is_told_when_nobody_listens(live):
    with pytest.raises(UndertoneError, match="cannot be read"):
        live.client.predict(live.home / "missing.wav")
    with pytest.raises(ServiceError, match="neither audio nor text"):
        live.client.predict()


def _post(live, text):
    return httpx.post(live.url + "/predict", files={"text": (None, text)}, timeout=20)


def _sent(live, **words):
    return httpx.post(
        live.url + "/predict", files={name: (None, word) for name, word in words.items()}
    )


def _wait(happened, seconds=60):
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.1)
