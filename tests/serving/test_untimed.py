import asyncio
from importlib.util import find_spec, module_from_spec

from bentoml._internal.server.http import traffic

import serving.service  # noqa: F401
from serving.untimed import Untimed


def bentos_own():
    """The middleware as BentoML ships it."""
    spec = find_spec(traffic.__name__)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TimeoutMiddleware


def timers_left(middleware):
    """Timers that run on when a request has been answered."""

    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def nothing(*_):
        pass

    async def ask():
        await middleware(answer, timeout=600)({"type": "http"}, nothing, nothing)
        return len(asyncio.get_running_loop()._scheduled)

    return asyncio.run(ask())


def test_the_service_runs_without_bentos_timers():
    assert traffic.TimeoutMiddleware is Untimed
    assert timers_left(Untimed) == 0


def test_bento_still_leaves_a_timer_behind_each_request():
    assert timers_left(bentos_own()) == 1, "It cancels them now: delete serving/untimed.py."
