"""The loop once round, small: train, serve, drift, feedback, retrain, hot swap, lineage."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.demo.service import running_service
from cli.demo.traffic import Answered, Trickle, drifted, healthy, send
from monitoring.lineage import chain
from monitoring.store import Store
from pipelines.local import LocalRun, PipelineError, run_local
from serving.client import Client
from serving.registry import Registry
from tests.lenient import LENIENT
from undertone.config import Params, load_params
from undertone.manifest import read_manifest

SMALL = (
    *LENIENT,
    "corpus.generated.clips=400",
    "continual.epochs=8",
)
CALLS = 150
pytestmark = pytest.mark.timeout(900)


class Quiet:
    """A watcher that remembers the tasks."""

    def __init__(self) -> None:
        self.tasks: list[str] = []

    def task(self, name: str) -> None:
        self.tasks.append(name)

    def progress(self, said: str) -> None:
        pass


@dataclass
class Trained:
    """A home with a champion in it."""

    home: Path
    params: Params
    run: LocalRun
    tasks: list[str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    home = tmp_path_factory.mktemp("loop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(home))
        patch.setenv("BENTOML_HOME", str(home / "bentoml"))
        patch.setenv("OMP_NUM_THREADS", "1")
        watcher = Quiet()
        params = load_params(profile="demo", overrides=SMALL)
        yield Trained(home, params, run_local("training", params, watcher), watcher.tasks)


def test_training_leaves_a_champion_with_its_artifacts(trained: Trained) -> None:
    assert trained.tasks == ["ingest", "hear", "finetune", "evaluate", "register", "promote-first"]
    registry = Registry(Store())
    (model,) = registry.list()
    assert registry.champion() == model.tag
    evaluation = trained.run.artifact("evaluate", "evaluation")
    assert evaluation is not None
    for name in ("report.txt", "confusion.png", "reliability.png", "predictions.parquet"):
        assert (evaluation / name).stat().st_size > 0, name


def test_drift_leads_to_one_retrain_and_a_hot_swap(trained: Trained) -> None:
    store, registry = Store(), Registry(Store())
    first = registry.champion()
    with running_service(trained.home) as client:
        answered = _drifted_calls(client, trained.params)
        assert {one.model_tag for one in answered} == {first}
        run_local("monitoring", trained.params, Quiet())
        verdict = store.verdicts()[-1]
        assert verdict.verdict >= 2, verdict.details["words"]
        assert Path(str(verdict.report_path)).stat().st_size > 100_000
        (asked,) = store.retrains()
        assert (asked.state, asked.reason) == ("waiting", "labels: 0 of 40")

        for one in answered:
            client.feedback(one.prediction_id, one.truth, source="test")
        frame = read_manifest(Path(str(store.get_lineage(_champions_lineage(store)).corpus_uri)))
        speakers = set(frame.loc[frame["split"] == "test", "speaker_id"])
        with Trickle(client, list(healthy(trained.params.corpus.generated, speakers, 8))) as calls:
            watcher = Quiet()
            run_local("monitoring", trained.params, watcher)
            client.wait_for_champion(str(registry.champion()), timeout=30)
        assert "retrain" in watcher.tasks
        assert calls.failures == []
        second = registry.champion()
        assert second != first
        assert client.model().tag == second

    (done,) = store.retrains()
    assert (done.state, done.challenger_tag) == ("done", second)
    watcher = Quiet()
    run_local("monitoring", trained.params, watcher)
    assert "retrain" not in watcher.tasks
    _lineage_leads_from_first_to_second(store, str(first), str(second))


def test_a_failed_task_ends_the_run_with_its_own_words(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    with pytest.raises(PipelineError, match="Run the training pipeline first"):
        run_local("monitoring", trained.params, Quiet())


def _champions_lineage(store: Store) -> str:
    champion = store.pointer("champion")
    assert champion is not None
    return champion.lineage_id


def _drifted_calls(client: Client, params: Params) -> list[Answered]:
    return send(client, drifted(params.corpus.generated, CALLS), "drifted calls", CALLS)


def _lineage_leads_from_first_to_second(store: Store, first: str, second: str) -> None:
    labels: list[str] = []
    waiting = [chain(store, second)]
    while waiting:
        node = waiting.pop()
        labels.append(node.label)
        waiting.extend(node.children)
    story = "\n".join(labels)
    assert first in story
    assert second in story
    assert "retrain done" in story
