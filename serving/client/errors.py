"""What goes wrong between a client and the service."""

import httpx

from serving.schemas import Envelope, Problem
from undertone.errors import UndertoneError

UNREACHABLE = "unreachable"
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class ServiceError(UndertoneError):
    """The service refused a request or was not reached.

    Attributes:
        code: the envelope's code, or `unreachable`.
        status: the HTTP status, 0 if there was no answer.
        retry_after_s: after how many seconds the service said it may be asked again.
        arrived: whether the service may have had the request.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int = 0,
        retry_after_s: float = 0.0,
        arrived: bool = True,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s
        self.arrived = arrived

    @classmethod
    def told(
        cls, problem: Problem, *, status: int = 0, retry_after_s: float = 0.0
    ) -> "ServiceError":
        """The error that the service's own words make."""
        message = " ".join(filter(None, (problem.message, problem.hint)))
        return cls(message, code=problem.code, status=status, retry_after_s=retry_after_s)


def unreachable(url: object, error: Exception, *, arrived: bool) -> ServiceError:
    """There was no answer."""
    return ServiceError(
        f"{url} does not answer ({type(error).__name__}). Start it with 'undertone serve'.",
        code=UNREACHABLE,
        arrived=arrived,
    )


def refused(url: object, status: int, body: bytes, retry_after: str | None) -> ServiceError:
    """The error that an answer with a status of 400 or above stands for."""
    wait = float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
    try:
        problem = Envelope.model_validate_json(body).error
    except ValueError:
        message = f"{url} answered {status}; is it an Undertone service?"
        return ServiceError(message, code="unknown", status=status, retry_after_s=wait)
    return ServiceError.told(problem, status=status, retry_after_s=wait)


def failed(url: object, error: httpx.HTTPError) -> ServiceError:
    """The error that a broken connection stands for."""
    before = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.UnsupportedProtocol,
    )
    return unreachable(url, error, arrived=not isinstance(error, before))
