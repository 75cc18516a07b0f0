"""Made-up bundles, and a service in a process of its own."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from monitoring.store import Store
from serving.client import Client, ServiceError
from serving.registry import Registry
from tests.servers import free_port
from undertone.evaluation.metrics import Interval, Scores
from undertone.evaluation.record import Evaluation
from undertone.labels import EMOTIONS


def write_bundle(folder: Path, weights: bytes = b"weights") -> Path:
    """A folder that looks like a bundle to the registry."""
    folder.mkdir(parents=True)
    labels = {str(index): emotion for index, emotion in enumerate(EMOTIONS)}
    (folder / "config.json").write_text(json.dumps({"id2label": labels}))
    (folder / "README.md").write_text("# Card")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def write_evaluation(folder: Path, uar: float = 0.8) -> Path:
    """A folder that looks like an evaluation to the registry."""
    folder.mkdir(parents=True)
    interval = Interval(value=uar, low=uar - 0.1, high=uar + 0.1)
    figures = Evaluation(
        protocol="test",
        corpus="made up",
        split_hash="s1",
        data_revision="r1",
        labels=list(EMOTIONS),
        utterances=90,
        speakers=9,
        resampled="speakers",
        scores={"fused": Scores(**dict.fromkeys(Scores.model_fields, interval))},
        ece=0.05,
        report={},
        confusion=[],
    )
    (folder / "evaluation.json").write_text(figures.model_dump_json())
    (folder / "report.txt").write_text("report")
    (folder / "predictions.parquet").write_bytes(b"PAR1")
    return folder


def register_made_up(registry: Registry, folder: Path, name: str, **lineage: str) -> str:
    """Register a made-up bundle whose weights are its name."""
    if not folder.exists():
        write_bundle(folder / "bundle", name.encode())
        write_evaluation(folder / "evaluation")
    origin = {"data_revision": "r1", "split_hash": "s1", "run_id": "run-1"}
    return registry.register(
        folder / "bundle", evaluation=folder / "evaluation", **(origin | lineage)
    )


@dataclass
class Live:
    """A service in a process of its own."""

    client: Client
    url: str
    home: Path
    store: Store
    registry: Registry
    log: Path

    def wait_alive(self, timeout: float = 60.0) -> None:
        """Wait until the service listens, whether it has a champion or not."""
        until = time.monotonic() + timeout
        while True:
            try:
                self.client.model()
            except ServiceError:
                assert time.monotonic() < until, "the service does not listen"
            else:
                return

    def register(self, name: str) -> str:
        return register_made_up(self.registry, self.home / "made" / name, name)


@contextmanager
def live_service(
    home: Path,
    service: str = "fake_service:Undertone",
    params: str = "{}",
    *,
    open_to_all: bool = True,
):
    """Start a Bento service over a home of its own."""
    (home / "params.yaml").write_text(params)
    port = free_port()
    mine = {
        "UNDERTONE_HOME": str(home),
        "UNDERTONE_PARAMS": str(home / "params.yaml"),
        "UNDERTONE_STORE": "",
        "UNDERTONE_OPEN": "1" if open_to_all else "",
        "BENTOML_HOME": str(home / "bentoml"),
        "DO_NOT_TRACK": "1",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "bentoml", "serve", service, "--port", str(port)]
    log = home / "service.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1"],
            cwd=Path(__file__).parent,
            env=os.environ | mine,
            stdout=file,
            stderr=file,
        )
    url = f"http://127.0.0.1:{port}"
    store = Store(f"sqlite:///{home / 'store.sqlite'}")
    try:
        with Client(url, timeout=30) as client:
            yield Live(client, url, home, store, Registry(store, home), log)
    finally:
        process.terminate()
        process.wait(30)
        store.close()


def wait_for_metric(live: Live, line: str, timeout: float = 60.0) -> None:
    """Wait until the service's metrics tell a line."""
    until = time.monotonic() + timeout
    while line not in httpx.get(live.url + "/metrics").text:
        assert time.monotonic() < until, f"{line} did not appear"
        time.sleep(0.02)


def value(metric) -> float:
    """The value of a metric without labels, in this process."""
    (sample,) = next(iter(metric.collect())).samples
    return sample.value
