import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.observability.current import CurrentRequest, current
from serving.observability.logs import JsonLines, TextLines, redact, redacted


@pytest.fixture
def line():
    """Logs to a string, as the service does."""

    def write(formatter, *message, **extra):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        handler.addFilter(redact)
        logger = logging.Logger("undertone.test")
        logger.addHandler(handler)
        logger.error(*message, **extra)
        return stream.getvalue()

    return write


@pytest.mark.parametrize(
    "secret",
    [
        "anna.schmidt+x@mail.example.org",
        "+49 170 123 4567",
        "4111-1111-1111-1111",
        "017012345678",
        "Bearer abc.def",
        "ut_0a1b2c3d_JSV9EQoPVe30XzEVUS9PFrZW6N4Nj7BnAyNVxspZcWo",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
    ],
)
def test_what_is_personal_or_secret_is_redacted(line, secret):
    written = line(TextLines(), "failed for %s, again", secret)
    assert secret not in written
    assert ", again" in written
    for part in secret.replace("Bearer ", "").split():
        assert part not in redacted(f"for {secret},")


def test_what_helps_to_find_a_mistake_stays():
    kept = "Prediction 2f1c8e0a5d7b4c36a9e4d1f07b8c2e55 at service.py:1234 took 0.0123456789 s"
    assert redacted(kept) == kept


@given(st.from_regex(r"[0-9]{9,30}", fullmatch=True))
def test_no_long_number_passes(number):
    assert number not in redacted(f"card {number} refused")


def test_a_json_line_names_the_request_and_its_facts(line):
    token = current.set(CurrentRequest("id-1", "web"))
    facts = {"route": "/predict", "status": 200, "key": None}
    written = json.loads(line(JsonLines(), "request", extra={"facts": facts}))
    text = line(TextLines(), "request", extra={"facts": facts})
    current.reset(token)
    assert written.pop("time")
    assert written == {
        "level": "error",
        "logger": "undertone.test",
        "message": "request",
        "request_id": "id-1",
        "route": "/predict",
        "status": 200,
    }
    assert text.endswith("request route=/predict status=200 request_id=id-1\n")


def test_an_exception_is_redacted_too(line):
    for formatter in (JsonLines(), TextLines()):
        try:
            int("anna@example.org")
        except ValueError:
            written = line(formatter, "failed", exc_info=True)
        assert "ValueError" in written
        assert "anna@" not in written
