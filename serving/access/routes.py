"""Which scope an address asks for. What is not listed asks for the strongest."""

from enum import StrEnum


class Scope(StrEnum):
    """What a caller may do."""

    PREDICT = "predict"
    FEEDBACK = "feedback"
    ADMIN = "admin"


SCOPES = {
    "/": None,
    "/page": None,
    "/model": None,
    "/docs.json": None,
    "/metrics": None,
    "/livez": None,
    "/readyz": None,
    "/healthz": None,
    "/predict": Scope.PREDICT,
    "/stream": Scope.PREDICT,
    "/jobs": Scope.PREDICT,
    "/feedback": Scope.FEEDBACK,
    "/operations": Scope.ADMIN,
    "/subjects": Scope.ADMIN,
}
ELSEWHERE = "elsewhere"


def route_of(path: str) -> str:
    """The listed address that a path lies under, or `ELSEWHERE`; never what a caller chose."""
    route = "/" + path[1:].partition("/")[0]
    return route if route in SCOPES and (path == route or route != "/") else ELSEWHERE


def needed(path: str) -> Scope | None:
    """The scope that a path asks for, None where everyone may go."""
    return SCOPES.get(route_of(path), Scope.ADMIN)
