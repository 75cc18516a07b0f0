from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.main import app
from monitoring import proof
from monitoring.proof import CLAIMS, Claim


@pytest.mark.parametrize("measure", CLAIMS, ids=lambda measure: measure.__name__.strip("_"))
def test_the_gate_keeps_its_promise(measure: Callable[[np.random.Generator], Claim]) -> None:
    claim = measure(np.random.default_rng(17))
    assert claim.holds, claim


def test_a_promise_that_fails_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Claim("never wrong", "in 30 days", 2.0, 0.0, 1.0, 3)
    for claims, status in (([broken], 1), ([replace(broken, measured=0.5)], 0)):
        monkeypatch.setattr(proof, "CLAIMS", [lambda _, claim=claim: claim for claim in claims])
        done = CliRunner().invoke(app, ["monitor", "prove"])
        assert done.exit_code == status
        assert ("FAILS" in done.output) is bool(status)
