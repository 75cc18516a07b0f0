"""Two services on machines of their own, over one PostgreSQL and one object store."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import pytest
from serving_harness import write_evaluation
from untrained import write_untrained_bundle

from monitoring.store import Store
from serving.client import Client
from serving.registry import Registry
from tests.servers import free_port
from undertone.hub import resolve

UNDERTONE = (sys.executable, "-m", "cli")
SETTINGS = """
profile: demo
serving: {poll_seconds: 0.1}
promotion: {probation_hours: 0}
"""
REQUESTS = 25


def machine(home: Path) -> dict[str, str]:
    """The environment of a machine with a disk of its own."""
    home.mkdir(exist_ok=True)
    return os.environ | {"UNDERTONE_HOME": str(home), "BENTOML_HOME": str(home / "bentoml")}


@contextmanager
def replica(home: Path):
    """`undertone serve` on a machine of its own."""
    port, settings = free_port(), home.with_suffix(".yaml")
    settings.write_text(SETTINGS)
    command = [*UNDERTONE, "serve", "--port", str(port), "--params", str(settings)]
    with (
        home.with_suffix(".log").open("w") as log,
        subprocess.Popen(command, env=machine(home), stdout=log, stderr=log) as process,
        Client(f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        try:
            yield client
        finally:
            process.terminate()


def talk(client: Client, worker: int, promoted: Event) -> list[str]:
    """Ask and give feedback, some of it after the promotion; the models that answered."""
    models = []
    for number in range(REQUESTS):
        if number == REQUESTS // 2:
            promoted.wait(60)
        answer = client.predict(text=f"what a lovely day {number}", call_id=f"{worker}-{number}")
        client.feedback(answer.prediction_id, "happiness", source=f"caller {worker}")
        models.append(str(answer.model_tag))
    return models


@pytest.mark.timeout(240)
def test_two_replicas_lose_nothing_and_follow_one_promotion(
    postgres, s3_bucket, tmp_path, monkeypatch
):
    monkeypatch.setenv("UNDERTONE_BUNDLES", f"{s3_bucket}/models")
    bundle = write_untrained_bundle(tmp_path / "bundle", resolve("whisper-demo"))
    evaluation = write_evaluation(tmp_path / "evaluation")
    origin = {"evaluation": evaluation, "data_revision": "r1", "split_hash": "s1"}
    with ExitStack() as last:
        monkeypatch.setenv("UNDERTONE_STORE", last.enter_context(postgres.database()))
        store = Store()
        last.callback(store.close)
        registry = Registry(store, tmp_path / "trainer")
        first, second, third = (
            registry.register(bundle, run_id=f"run-{n}", **origin) for n in range(3)
        )
        registry.promote(first, "first")
        homes = [tmp_path / name for name in ("one", "two")]
        replicas = [last.enter_context(replica(home)) for home in homes]
        for client in replicas:
            client.wait_ready(120)
            assert client.model().tag == first

        promoted = Event()
        workers = last.enter_context(ThreadPoolExecutor(4))
        talks = [workers.submit(talk, replicas[n % 2], n, promoted) for n in range(4)]
        promotions = [
            subprocess.Popen(
                [*UNDERTONE, "models", "promote", tag, "--instead-of", first, "--by", home.name],
                env=machine(home),
                stderr=subprocess.PIPE,
                text=True,
            )
            for tag, home in zip((second, third), homes, strict=True)
        ]
        said = [promotion.communicate(timeout=120)[1] for promotion in promotions]
        champion = registry.champion()
        for client in replicas:
            client.wait_for_champion(str(champion), 60)
        promoted.set()
        answered = [tag for one in talks for tag in one.result(120)]

        assert sorted(promotion.returncode for promotion in promotions) == [0, 2]
        assert sum("The champion has changed" in one for one in said) == 1
        assert [move.tag for move in store.pointer_moves("champion")] == [first, champion]
        told = [act.action for act in store.audit()]
        assert told == ["champion moved", "champion moved", "champion not moved"]
        assert set(answered) == {first, champion}
        assert len(answered) == store.count_predictions() == 4 * REQUESTS
        assert store.count_predictions(model_tag=str(champion)) == answered.count(str(champion))
        assert len(store.labelled().frame) == 4 * REQUESTS
        assert champion in (second, third)
