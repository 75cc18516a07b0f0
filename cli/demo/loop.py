"""The steps of the demo, in order. Each fails unless the thing it names really happened."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from cli.console import Ticks
from cli.demo.journal import Journal, Result
from cli.demo.traffic import Answered, Trickle, drifted, healthy, send
from undertone.config import Params, home
from undertone.errors import UndertoneError
from undertone.progress import track

if TYPE_CHECKING:
    from monitoring.store import Store
    from monitoring.store.tables import PointerRow
    from serving.client import Client

HEALTHY_CALLS = 500
DRIFTED_CALLS = 420
TRICKLE_CALLS = 40
SWAP_S = 30.0
AFTER_SWAP_S = 5.0
STEADY = 0
DRIFTED = 2


class DemoError(UndertoneError):
    """A step of the demo did not do what it is there to show."""


class Loop:
    """The demo's steps against one service and one store.

    Args:
        params: the demo profile's settings.
        store: the operational store of the demo's own home.
        client: asks the running service.
        journal: what was done before a kill.
    """

    def __init__(self, params: Params, store: "Store", client: "Client", journal: Journal) -> None:
        self._params = params
        self._store = store
        self._client = client
        self._journal = journal

    def healthy_traffic(self) -> Result:
        """Known voices, new sentences; the verdict must be steady."""
        turns = healthy(self._params.corpus.generated, self._test_speakers(), HEALTHY_CALLS)
        answered = send(self._client, turns, "healthy calls", HEALTHY_CALLS)
        verdict = self._monitor()
        _demand(verdict["verdict"] == STEADY, f"healthy traffic was judged: {verdict['words']}")
        return {**verdict, **_latency(answered)}

    def drifted_traffic(self) -> Result:
        """New voices, angrier, over a telephone line; the verdict must be drift."""
        turns = drifted(self._params.corpus.generated, DRIFTED_CALLS)
        answered = send(self._client, turns, "drifted calls", DRIFTED_CALLS)
        verdict = self._monitor()
        _demand(verdict["verdict"] >= DRIFTED, f"drifted traffic was judged: {verdict['words']}")
        _demand(Path(verdict["report"]).is_file(), "no drift report was drawn")
        return {**verdict, "truth": {one.prediction_id: one.truth for one in answered}}

    def feedback(self) -> Result:
        """The callers' emotions, as people who listened again would tell them."""
        truth = self._journal["drifted traffic"]["truth"]
        for prediction_id, emotion in track(truth.items(), "labels", len(truth)):
            self._client.feedback(prediction_id, emotion, source="demo", role="annotator")
        return {"labels": len(truth)}

    def retrain(self) -> Result:
        """The waiting retrain runs and passes the gate while the service goes on answering."""
        self._outlive_killed_run()
        asked = self._store.retrains()[-1]
        calls = list(healthy(self._params.corpus.generated, self._test_speakers(), TRICKLE_CALLS))
        with Trickle(self._client, calls) as trickle:
            if asked.finished_at is None:
                _pipeline("monitoring", self._params)
            champion = _champion(self._store)
            self._client.wait_for_champion(champion.tag, SWAP_S)
            time.sleep(AFTER_SWAP_S)
        said = _decision()
        decision = json.loads(said.read_text(encoding="utf-8"))
        _demand(champion.tag != asked.champion, f"no promotion: {decision['reason']}")
        _demand(not trickle.failures, f"requests failed during the swap: {trickle.failures[:3]}")
        by_new = sum(one.model_tag == champion.tag for one in trickle.answered)
        _demand(by_new, "no request was answered by the new champion")
        return {
            "before": asked.champion,
            "after": champion.tag,
            "requests": len(trickle.answered),
            "by_new": by_new,
            "decision": decision,
            "decision_path": str(said),
        }

    def _outlive_killed_run(self) -> None:
        """A demo killed while it retrained left its claim behind: wait until that runs out."""
        lease = timedelta(minutes=self._params.trigger.lease_minutes)
        for row in self._store.retrains():
            if row.state == "running" and row.claimed_at:
                left = (row.claimed_at + lease - datetime.now(UTC)).total_seconds()
                for _ in track(range(max(0, ceil(left))), "waiting for the killed run's claim"):
                    time.sleep(1)

    def _monitor(self) -> Result:
        _pipeline("monitoring", self._params)
        row = self._store.verdicts()[-1]
        return {
            "verdict": row.verdict,
            "words": row.details["words"],
            "report": str(row.report_path),
        }

    def _test_speakers(self) -> set[str]:
        from undertone.manifest import read_manifest

        lineage = self._store.get_lineage(_champion(self._store).lineage_id)
        frame = read_manifest(Path(str(lineage.corpus_uri)))
        return set(frame.loc[frame["split"] == "test", "speaker_id"])


def train(params: Params, store: "Store") -> Result:
    """A champion: the one that a killed demo left behind, or a freshly trained one."""
    if store.pointer("champion") is None:
        _pipeline("training", params)
    champion = _champion(store)
    evaluation = Path(str(store.get_lineage(champion.lineage_id).evaluation_uri))
    return {"champion": champion.tag, "evaluation": str(evaluation / "report.txt")}


def _pipeline(name: str, params: Params) -> None:
    from pipelines.local import run_local

    with Ticks(name) as ticks:
        run_local(name, params, ticks)


def _decision() -> Path:
    """What the promotion gate said last."""
    said = sorted((home() / "runs").glob("*/*/judge/decision/decision.json"))
    if not said:
        raise DemoError("The demo stopped: no retrain was started.")
    return said[-1]


def _champion(store: "Store") -> "PointerRow":
    champion = store.pointer("champion")
    if champion is None:
        raise DemoError("There is no champion.")
    return champion


def _latency(answered: Sequence[Answered]) -> dict[str, float]:
    centiles = quantiles((one.latency_ms for one in answered), n=100)
    return {"p50_ms": centiles[49], "p95_ms": centiles[94]}


def _demand(happened: object, otherwise: str) -> None:
    if not happened:
        raise DemoError(f"The demo stopped: {otherwise}.")
