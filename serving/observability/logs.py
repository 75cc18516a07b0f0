"""Log lines for people or programs, which name the request and hold nothing personal."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Literal

from serving.observability.current import current_request

OURS = "undertone"
OTHERS = ("", "bentoml", "uvicorn.error")
KEY = r"(?i)\bbearer[ .][\w.~+/=-]+|\but_[0-9a-f]+_[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
PERSONAL = (
    (re.compile(KEY), "[key]"),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+"), "[e-mail]"),
    (re.compile(r"(?<![\w.])\+?\d(?:[ /-]?\d){7,}(?!\w)"), "[number]"),
)


def redacted(text: str) -> str:
    """A text without e-mail addresses, keys and numbers as long as a telephone's."""
    for pattern, instead in PERSONAL:
        text = pattern.sub(instead, text)
    return text


def redact(record: logging.LogRecord) -> bool:
    """Redact a record: the last line of defence, as nothing personal should be logged at all."""
    record.msg, record.args = redacted(record.getMessage()), None
    return True


class Lines(logging.Formatter):
    """Redacts exceptions, which filters do not see."""

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The exception, redacted."""
        return redacted(super().formatException(ei))


class JsonLines(Lines):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": current_request().id,
            **_facts(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in line.items() if value is not None})


class TextLines(Lines):
    """One readable line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The line, followed by the facts and the request."""
        facts = {**_facts(record), "request_id": current_request().id}
        told = " ".join(f"{name}={value}" for name, value in facts.items() if value is not None)
        return f"{super().formatMessage(record)} {told}".rstrip()


def log_as(kind: Literal["text", "json"]) -> None:
    """Have this process write its log, that of the libraries too, to the standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines() if kind == "json" else TextLines())
    handler.addFilter(redact)
    for name in (*OTHERS, OURS):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
    logging.getLogger(OURS).setLevel(logging.INFO)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    facts: dict[str, Any] = getattr(record, "facts", {})
    return facts
