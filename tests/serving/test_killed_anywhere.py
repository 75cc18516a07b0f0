"""From a verdict to a promotion, killed at every step: what goes on comes to one outcome."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from serving_harness import write_bundle, write_evaluation
from sqlalchemy import Engine, event

from monitoring import monitor as monitoring
from monitoring.monitor import monitor_champion
from monitoring.store import Store
from monitoring.trigger import claim
from serving.lifecycle import conclude, register_run
from serving.registry import Registry
from tests.monitoring.observed import make_frame, make_prediction
from undertone.config import Params

PARAMS = Params.model_validate(
    {
        "continual": {"min_labels": 20},
        "feedback": {"trusted": ["desk"]},
        "trigger": {"cooldown_hours": 0, "per_week": 100, "lease_minutes": 1e-6},
    }
)
MOST_STEPS = 100
STARTED = datetime.now(UTC) - timedelta(hours=1)


class Killed:
    """Counts commits and renames, and kills the process before the last one that it may do."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def __call__(self, *_: object) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def run(home: Path, store_url: str, number: int) -> None:
    """One run of the monitoring pipeline; training is what a made-up bundle takes to copy."""
    store = Store(store_url)
    monitor_champion(store, PARAMS, home / f"report-{number}.html")
    got = claim(store, PARAMS)
    if got.go:
        made = home / f"run-{number}"
        shutil.copytree(home / "challenger", made, dirs_exist_ok=True)
        tag = register_run(
            store,
            bundle=made / "bundle",
            evaluation=made / "evaluation",
            corpus=home / "corpus",
            heard=home / "heard",
            run_id=f"run-{number}",
            parent=got.champion,
            verdict_id=got.key,
        )
        conclude(
            store,
            champion=got.champion,
            challenger=tag,
            decision=home / "decision",
            key=got.key,
            token=got.token,
        )
    store.close()


def forked(work: Callable[[], None]) -> int:
    """Do work in a forked process; how it ended, negative for a signal."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_run(home: Path, store_url: str, steps: int) -> int:
    def work() -> None:
        killed = Killed(steps)
        event.listen(Engine, "commit", killed)
        sys.addaudithook(lambda name, _: killed() if name == "os.rename" else None)
        run(home, store_url, 0)

    return forked(work)


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, bool], str]:
    """A store whose champion's traffic has drifted, with labels; a challenger waits to be made."""
    monkeypatch.setattr("monitoring.report._draw", lambda *_: "<body></body>")
    monkeypatch.setattr(monitoring, "add_window", lambda *_: None)
    rng = np.random.default_rng(1)
    frames = make_frame(300, rng), make_frame(200, rng, anger=0.6, telephone=True)

    def prepare(number: int, promote: bool) -> str:
        home = tmp_path / str(number)
        monkeypatch.setenv("UNDERTONE_HOME", str(home))
        monkeypatch.setenv("BENTOML_HOME", str(home / "bentoml"))
        url = f"sqlite:///{home / 'store.sqlite'}"
        store = Store(url)
        for name in ("champion", "challenger"):
            write_bundle(home / name / "bundle", name.encode())
            write_evaluation(home / name / "evaluation")
            frames[0].to_parquet(home / name / "evaluation" / "predictions.parquet")
        (home / "corpus").mkdir()
        identity = {"data_revision": "d", "split_hash": "s"}
        (home / "corpus" / "corpus.json").write_text(json.dumps(identity))
        (home / "decision").mkdir()
        said = {"promote": promote, "reason": "as the gate says"}
        (home / "decision" / "decision.json").write_text(json.dumps(said))
        registry = Registry(store)
        tag = registry.register(
            home / "champion" / "bundle",
            evaluation=home / "champion" / "evaluation",
            run_id="first",
            corpus_uri="c",
            heard_uri="h",
            **identity,
        )
        registry.promote(tag, "first")
        for at, row in enumerate(frames[1].itertuples()):
            said_row = make_prediction(row.emotion, confidence=row.confidence, model_tag=tag)
            moment = STARTED + timedelta(seconds=at)
            key = store.add_prediction(said_row, created_at=moment, text=f"{at}")
            if at < 30:
                store.add_feedback(key, "fear", source="desk")
        store.close()
        return url

    return prepare


@pytest.mark.parametrize("promote", [True, False])
def test_wherever_it_is_killed_there_is_one_outcome(
    prepared: Callable[[int, bool], str], tmp_path: Path, promote: bool
) -> None:
    for steps in range(MOST_STEPS):
        url, home = prepared(steps, promote), tmp_path / str(steps)
        ended = killed_run(home, url, steps)
        assert ended in (0, -signal.SIGKILL), f"step {steps}"
        for number in (1, 2):
            assert forked(partial(run, home, url, number)) == 0, f"step {steps}, run {number}"
        _require_one_outcome(url, promote, steps)
        if ended == 0:
            break
    else:
        pytest.fail("it never came to its end")
    assert steps > 10


def _require_one_outcome(url: str, promote: bool, steps: int) -> None:
    store = Store(url)
    registry = Registry(store)
    (retrain,) = store.retrains()
    drifted = [row for row in store.verdicts() if row.verdict >= 2]
    said = f"killed at step {steps}"
    assert retrain.state == ("done" if promote else "kept"), said
    assert [row.id for row in drifted] == [retrain.key], said
    assert sum(row.action == "retrain asked for" for row in store.audit()) == 1, said
    moves = store.pointer_moves("champion")
    assert len(moves) == (2 if promote else 1), said
    champion = registry.champion()
    assert champion is not None
    assert registry.path(champion).is_dir(), said
    if promote:
        assert (champion, registry.challenger()) == (retrain.challenger_tag, None), said
    else:
        assert registry.challenger() == retrain.challenger_tag, said
    store.close()
