"""Refusing a request: one envelope for all errors, and nothing of the input in the log."""

import functools
import logging
import traceback
from collections.abc import Awaitable, Callable
from math import ceil
from typing import ParamSpec, TypeVar

from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from monitoring.store import ConflictError, LabelError, NotFoundError
from serving.observability.current import current_request
from serving.schemas import Envelope, Problem
from undertone.errors import ConfigError, ModelError, RegistryError, StoreError, UndertoneError

logger = logging.getLogger("undertone.serving")
P = ParamSpec("P")
T = TypeVar("T")

OPERATORS = (ConfigError, ModelError, RegistryError)  # no caller can mend these
CODES = {
    400: ("bad_request", "The request cannot be read."),
    401: ("unauthenticated", "This address asks for a key or token."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing at this address. GET /docs.json lists what there is."),
    405: ("method_not_allowed", "This address does not take this method."),
    408: ("too_slow", "Nothing came for too long."),
    409: ("conflict", "The request contradicts what is known."),
    413: ("too_large", "The request is too large."),
    415: ("unsupported_media_type", "The request has the wrong content type."),
    422: ("unprocessable", "The request was read, but its contents cannot be used."),
    429: ("busy", "Too many requests are waiting. Try again in a moment."),
    500: ("internal", "The service made a mistake. Its log tells which."),
    503: ("not_ready", "No champion is loaded yet, so nobody can answer."),
    504: ("timeout", "The answer took too long."),
}
MAX_PLACE_CHARACTERS = 100  # it may be a name that the caller made up
NO_CHAMPION = "Promote a model (undertone models promote TAG); GET /model tells how loading goes."


class RefusedError(Exception):
    """A request that is not answered.

    Args:
        status: one of `CODES`.
        message: what was wrong with the request; it never repeats the recording or the text.
        hint: what to do about it.
        retry_after_s: after how many seconds it may be answered, of a 429 or 503.
    """

    def __init__(
        self,
        status: int,
        message: str = "",
        hint: str | None = None,
        *,
        retry_after_s: float = 1.0,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.hint = hint
        self.retry_after_s = retry_after_s


def problem(status: int, message: str = "", hint: str | None = None) -> Problem:
    """What is told of a refusal, over whatever line."""
    default = CODES.get(status, CODES[500])[1]
    if status == 503 and not message:
        hint = NO_CHAMPION
    return Problem(
        code=code_of(status),
        message=message or default,
        hint=hint,
        request_id=current_request().id,
    )


def envelope(
    status: int, message: str = "", hint: str | None = None, *, retry_after_s: float = 1.0
) -> JSONResponse:
    """The answer to a refused request."""
    body = Envelope(error=problem(status, message, hint))
    headers = {}
    if status in (429, 503):
        headers["Retry-After"] = str(max(1, ceil(retry_after_s)))
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="undertone"'
    return JSONResponse(body.model_dump(exclude_none=True), status, headers)


def code_of(status: int) -> str:
    """The word for a status of 400 or above."""
    return CODES.get(status, CODES[500])[0]


def refused(refusal: RefusedError) -> JSONResponse:
    """The answer to a request that was refused."""
    return envelope(refusal.status, str(refusal), refusal.hint, retry_after_s=refusal.retry_after_s)


def refusing(
    endpoint: Callable[P, Awaitable[T]],
) -> Callable[P, Awaitable[T | Response]]:
    """Let an endpoint answer an envelope for whatever is raised in it."""

    @functools.wraps(endpoint)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> T | Response:
        try:
            return await endpoint(*args, **kwargs)
        except Exception as error:
            refusal = as_refusal(error)
            return refused(refusal)

    return answer


def invalid(error: ValidationError) -> RefusedError:
    """The refusal of what a pydantic model did not take: where and why, without the value."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])[:MAX_PLACE_CHARACTERS]
    status = 400 if first["type"] == "json_invalid" else 422
    return RefusedError(status, f"{place}: {first['msg']}".lstrip(": "))


def as_refusal(error: Exception) -> RefusedError:
    """The refusal that an error amounts to. One that no caller can mend is logged."""
    match error:
        case RefusedError():
            return error
        case ClientDisconnect():
            return RefusedError(400, "The request broke off.")
        case LabelError():
            return RefusedError(422, str(error))
        case ConflictError():
            return RefusedError(409, str(error))
        case NotFoundError():
            return RefusedError(404, "There is no prediction with this id.")
        case StoreError():
            log_failure("The operational store failed", error)
            return RefusedError(503, "The operational store does not answer.", "Try again later.")
        case UndertoneError() if not isinstance(error, OPERATORS):
            return RefusedError(422, str(error))
    log_failure("A request failed", error)
    return RefusedError(500)


def log_failure(what: str, error: Exception) -> None:
    """Log the kind and the place of an error; its message might quote the input."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("%s: %s at %s:%s", what, type(error).__name__, place.filename, place.lineno)


def keep_tracebacks_out_of_the_log() -> None:
    """Let Bento log that a request failed, but not the exception: it might quote the input."""
    logging.getLogger("bentoml._internal.server.http_app").addFilter(_without_exception)


def _without_exception(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = None
    return True
