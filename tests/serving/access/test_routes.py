import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.access.routes import ELSEWHERE, SCOPES, Scope, needed, route_of


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/", None),
        ("/page/page.js", None),
        ("/readyz", None),
        ("/predict", Scope.PREDICT),
        ("/stream", Scope.PREDICT),
        ("/jobs/7/result", Scope.PREDICT),
        ("/feedback", Scope.FEEDBACK),
        ("/operations/traffic", Scope.ADMIN),
        ("/subjects/s1", Scope.ADMIN),
        ("/schema.json", Scope.ADMIN),
        ("/pages", Scope.ADMIN),
        ("//predict", Scope.ADMIN),
        ("//", Scope.ADMIN),
        ("", Scope.ADMIN),
    ],
)
def test_each_address_asks_for_its_scope(path, scope):
    assert needed(path) == scope


@given(st.text())
def test_whatever_is_not_listed_asks_for_the_strongest(rest):
    path = "/" + rest
    listed = any(path == route or path.startswith(route + "/") for route in SCOPES if route != "/")
    if not listed and path != "/":
        assert needed(path) is Scope.ADMIN
        assert route_of(path) == ELSEWHERE
