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

from benchmarks.parts import Figure, Ratio
from benchmarks.serving.ours import untrained
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
SOAK_S = 120.0
ENGINE = "int8"
RESET_PEAK = "5"


@dataclass(frozen=True)
class Service:
    """A service in a process of its own."""

    url: str
    process: int
    started_s: float

    def memory_mb(self) -> float:
        """Resident memory of its largest process."""
        return max(each.memory_info().rss for each in self._processes()) / 2**20

    def reset_peaks(self) -> dict[int, float]:
        """Count peaks of memory from now on; returns resident MB of each process, by its number."""
        for each in self._processes():
            Path(f"/proc/{each.pid}/clear_refs").write_text(RESET_PEAK, encoding="ascii")
        return self.peaks_mb()

    def peaks_mb(self) -> dict[int, float]:
        """Most resident MB of each process since they were reset, by its number."""
        return {each.pid: _peak_mb(each.pid) for each in self._processes()}

    def _processes(self) -> list[psutil.Process]:
        return psutil.Process(self.process).children(recursive=True)


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
            Figure(name="memory of a worker after it", value=f"{batched.memory_mb():.0f} MB"),
            Figure(name="answers that the store lost", value=f"{answered - kept} of {answered}"),
        ]


def soak(clips: Sequence[bytes], whisper: Path, rounds: int) -> tuple[list[Ratio], list[Figure]]:
    """Saturation for as many times two minutes as there are rounds: does memory grow, is any lost?

    Args:
        clips: recordings, as files.
        whisper: with a decoder.
        rounds: how often.
    """
    with TemporaryDirectory() as home, ExitStack() as services:
        store = services.enter_context(registered(Path(home), whisper))
        service = services.enter_context(running(Path(home), whisper, TOGETHER))
        memory, seconds, answered = [], [], 1  # once, as it started
        for _ in track(range(rounds), "soaking"):
            until = time.perf_counter() + SOAK_S
            while time.perf_counter() < until:
                taken, _ = _load(service.url, clips, CLIENTS, REQUESTS_SATURATED)
                seconds += taken
            memory.append(service.memory_mb())
        answered += len(seconds)
        kept = store.count_predictions()
        p50, p95 = np.percentile(seconds, [50, 95])
        return [], [
            Figure(
                name=f"{rounds * SOAK_S / 60:g} minutes of {CLIENTS} clients",
                value=f"{answered} answers",
                note=f"p50 {p50:.2f} s, p95 {p95:.2f} s",
            ),
            Figure(name="answers that the store lost", value=f"{answered - kept} of {answered}"),
            Figure(
                name="memory of the worker, every two minutes",
                value=", ".join(f"{each:.0f}" for each in memory) + " MB",
            ),
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


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


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
