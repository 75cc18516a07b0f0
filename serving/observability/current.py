"""The request that is being answered, for whoever needs its id."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class CurrentRequest:
    """The request that is being answered.

    Attributes:
        id: the caller's own, if it was short and plain.
        caller: the name of the key or program that sent it.
    """

    id: str | None = None
    caller: str | None = None


current: ContextVar[CurrentRequest | None] = ContextVar("request", default=None)


def current_request() -> CurrentRequest:
    """The request that is being answered here, an empty one outside of any."""
    return current.get() or CurrentRequest()
