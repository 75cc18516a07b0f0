"""A running service under load, with batches and without, turn about."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
import yaml

from benchmarks.serving.ours import untrained
from benchmarks.serving.record import Figure, Ratio
from benchmarks.serving.stack import TOGETHER, TOKENS
from monitoring.store import Store
from serving.client import Client
from serving.registry import Registry
from undertone.bundle import save_bundle
from undertone.config import load_params
from undertone.evaluation.metrics import Interval, Scores
from undertone.evaluation.record import Evaluation
from undertone.progress import track

CLIENTS = 24
REQUESTS_ALONE, REQUESTS_SATURATED = 40, 160
ENGINE = "int8"


@dataclass(frozen=True)
class Service:
    """A service in a process of its own."""

    url: str
    process: int
    started_s: float


def load(clips: Sequence[bytes], whisper: Path, rounds: int) -> tuple[list[Ratio], list[Figure]]:
    """Latency at one client and throughput at many, with batches and without.

    Args:
        clips: recordings, as files.
        whisper: with a decoder.
        rounds: how often both take their turn.
    """
    with TemporaryDirectory() as home, ExitStack() as services:
        store = services.enter_context(registered(Path(home), whisper))
        plain, batched = (
            services.enter_context(running(Path(home), whisper, batch)) for batch in (1, TOGETHER)
        )
        latency: dict[str, list[float]] = {plain.url: [], batched.url: []}
        rate: dict[str, list[float]] = {plain.url: [], batched.url: []}
        answered = 2  # by each service once, as it started
        for _ in track(range(rounds), "loading"):
            for service in (plain, batched):
                alone, _ = _load(service.url, clips, 1, REQUESTS_ALONE)
                latency[service.url].append(float(np.percentile(alone, 95)))
                many, seconds = _load(service.url, clips, CLIENTS, REQUESTS_SATURATED)
                rate[service.url].append(len(many) / seconds)
                answered += len(alone) + len(many)
        kept = store.count_predictions()
        return [
            Ratio.of(
                f"requests a second of {CLIENTS} clients, batches against none",
                rate[batched.url],
                rate[plain.url],
                pledge=2,
                note=f"{np.median(rate[batched.url]):.1f} against {np.median(rate[plain.url]):.1f} "
                "a second, clients on the same machine",
            ),
            Ratio.of(
                "p95 of one client, batches against none",
                latency[batched.url],
                latency[plain.url],
                pledge=1.3,
                at_most=True,
                note=f"{1000 * np.median(latency[batched.url]):.0f} ms against "
                f"{1000 * np.median(latency[plain.url]):.0f} ms",
            ),
        ], [
            Figure(name="start to first answer", value=f"{batched.started_s:.1f} s"),
            Figure(
                name="memory of a worker after it", value=f"{_worker_mb(batched.process):.0f} MB"
            ),
            Figure(name="answers that the store lost", value=f"{answered - kept} of {answered}"),
        ]


def _load(
    url: str, clips: Sequence[bytes], clients: int, requests: int
) -> tuple[list[float], float]:
    """Seconds of each request as its client saw it, and of all together."""
    turns = list(islice(cycle(clips), requests))

    def call(share: Sequence[bytes]) -> list[float]:
        with Client(url) as client:
            return [_timed(client, clip) for clip in share]

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        shares = [turns[start::clients] for start in range(clients)]
        found = [each for share in pool.map(call, shares) for each in share]
    return found, time.perf_counter() - started


def _timed(client: Client, clip: bytes) -> float:
    started = time.perf_counter()
    client.predict(clip)
    return time.perf_counter() - started


@contextmanager
def registered(home: Path, whisper: Path) -> Iterator[Store]:
    """A store whose champion is the model to be timed."""
    bundle = untrained(whisper, load_params(profile="base"))
    bundle.info["listening"] = {"whisper": str(whisper)}
    save_bundle(bundle, home / "bundle")
    evaluation = _no_evaluation(home / "evaluation", bundle.labels)
    store = Store(f"sqlite:///{home / 'store.sqlite'}")
    registry = Registry(store, home)
    tag = registry.register(
        home / "bundle", evaluation=evaluation, data_revision="none", split_hash="none", run_id="1"
    )
    registry.promote(tag, "to be timed")
    yield store
    store.close()


def _no_evaluation(folder: Path, labels: Sequence[str]) -> Path:
    """What the registry asks for, of a model that nobody evaluated."""
    nothing = Interval(value=0, low=0, high=0)
    evaluation = Evaluation(
        protocol="none",
        corpus="none",
        split_hash="none",
        data_revision="none",
        labels=list(labels),
        utterances=0,
        speakers=0,
        resampled="speakers",
        scores={"fused": Scores(**dict.fromkeys(Scores.model_fields, nothing))},
        ece=0,
        report={},
        confusion=[],
    )
    folder.mkdir()
    (folder / "evaluation.json").write_text(evaluation.model_dump_json(), encoding="utf-8")
    for name in ("report.txt", "predictions.parquet"):
        (folder / name).touch()
    return folder


def _worker_mb(supervisor: int) -> float:
    """Resident memory of the largest process below a supervisor."""
    workers = psutil.Process(supervisor).children(recursive=True)
    return max(worker.memory_info().rss for worker in workers) / 2**20


@contextmanager
def running(home: Path, whisper: Path, batch: int) -> Iterator[Service]:
    settings = {
        "profile": "base",
        "listening": {"whisper": str(whisper), "max_new_tokens": TOKENS},
        "access": {"default_role": "caller", "default_purpose": "research"},
        "serving": {"batch": batch, "engine": ENGINE, "objective_seconds": 60},
    }
    params = home / f"params-{batch}.yaml"
    params.write_text(yaml.safe_dump(settings), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from cli.main import main; main()", "serve"]
    mine = {
        "UNDERTONE_HOME": str(home),
        "UNDERTONE_STORE": "",
        "BENTOML_HOME": str(home / "bentoml"),
    }
    started = time.perf_counter()
    log = (home / f"service-{batch}.log").open("w")
    process = subprocess.Popen(
        [*command, "--port", str(port), "--params", str(params)],
        env=os.environ | mine,
        stdout=log,
        stderr=log,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        with Client(url, timeout=60) as client:
            client.wait_ready(120)
            client.predict(text="hello")
        yield Service(url, process.pid, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(60)
        log.close()
