"""The pipelines in containers without a network come to the same as in processes."""

import pytest
from runs import Done, run_timed

from monitoring.store import Store
from serving.registry import Registry

pytestmark = pytest.mark.timeout(600)


def test_training_scores_the_same(trained, params, home, measured, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(home.parent / "other"))
        patch.setenv("BENTOML_HOME", str(home.parent / "other" / "bentoml"))
        other = run_timed("training", params, "process")
    assert sorted(trained.tasks) == sorted(other.tasks)
    measured("training", other.seconds, trained.seconds)
    measured("  UAR", *(one.scores["scores"]["fused"]["uar"]["value"] for one in (other, trained)))
    assert trained.scores == other.scores
    assert other.weights("finetune", "bundle") == trained.weights("finetune", "bundle")


@pytest.mark.parametrize("name", ["continual", "monitoring"])
def test_a_retrain_comes_to_the_same(name, restored, params, measured):
    seconds, outcomes = [], []
    for runner in ("process", "docker"):
        restored()  # which takes the run before away
        done = run_timed(name, params, runner)
        seconds.append(done.seconds)
        outcomes.append(_outcome(done))
    measured(name, *seconds)
    for part in ("old", "new"):
        measured(f"  UAR, {part} domain", *(one["decision"][f"{part}_after"] for one in outcomes))
    assert outcomes[0] == outcomes[1]
    assert bool(outcomes[0]["verdicts"]) == (name == "monitoring")


def _outcome(done: Done) -> dict:
    """What a retrain came to, but for how long it took."""
    store = Store()
    verdicts = [row.verdict for row in store.verdicts()]
    assert len(Registry(store).list()) == 2
    store.close()
    return {
        "tasks": sorted(done.tasks),  # of those that wait for the same, any may come first
        "decision": done.read("judge", "decision", "decision.json"),
        "scores": done.scores,
        "weights": done.weights("retrain", "challenger"),
        "verdicts": verdicts,
    }
