"""The steps of the demo, in order. Each fails unless the thing it names really happened."""

import json
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from cli.console import Ticks, err
from cli.demo.journal import Journal, Result
from cli.demo.traffic import Answered, Trickle, drifted, healthy, send
from undertone.config import Params, home
from undertone.errors import UndertoneError

if TYPE_CHECKING:
    from pipelines.local import LocalRun
    from serving.client import Client

HEALTHY_CALLS = 500
DRIFTED_CALLS = 300
TRICKLE_CALLS = 40
SWAP_S = 30.0
STEADY = 0
DRIFTED_FROM = 2


class DemoError(UndertoneError):
    """A step of the demo did not do what it is there to show."""


def train(params: Params) -> Result:
    """A champion: the one that a killed demo left behind, or a freshly trained one."""
    from monitoring.store import Store

    store = Store()
    if store.pointer("champion") is None:
        _pipeline("training", params)
    champion = store.pointer("champion")
    _demand(champion is not None, "training left no champion")
    return {"champion": champion.tag}
