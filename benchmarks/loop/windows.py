"""What monitoring a window costs, by how many predictions it has."""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from sqlalchemy import insert

from benchmarks.loop.found import Found
from benchmarks.machine import alone
from monitoring.monitor import monitor
from monitoring.store import PredictionRow, Store
from undertone.config import Params
from undertone.labels import EMOTIONS
from undertone.progress import track

KNOWN = EMOTIONS[:7]
TAG = "emotion:1"
START = datetime(2026, 3, 1, tzinfo=UTC)
PERIOD = timedelta(days=30)
CLIPS = 5  # a call
TENANTS = 7
AT_ONCE = 100_000


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])


def measure(options: argparse.Namespace) -> Found:
    rows = [["predictions", "seconds", "peak memory, MB", "store, MB"]]
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            fill(folder / "store.sqlite", size)
            cost = alone(Watch(folder, size))
            megabytes = (folder / "store.sqlite").stat().st_size / 1e6
            rows.append(
                [
                    f"{size:,}",
                    f"{cost.result:.1f}",
                    f"{cost.peak_memory_mb:.0f}",
                    f"{megabytes:,.0f}",
                ]
            )
            print(rows[-1], flush=True)
    return Found(rows)


class Watch:
    """Judges the whole period as one window, its report with it, and checks that it saw it all."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size

    def __call__(self) -> float:
        tested = self.folder / "predictions.parquet"
        tested_predictions().to_parquet(tested)
        store = Store(f"sqlite:///{self.folder / 'store.sqlite'}")
        started = perf_counter()
        report = monitor(
            store,
            TAG,
            reference=tested,
            params=Params(),
            out=self.folder / "report.html",
            since=START,
            until=START + PERIOD,
        )
        if report.seen.predictions != self.size:
            raise AssertionError(f"{report.seen.predictions} predictions were seen")
        return perf_counter() - started


def fill(path: Path, size: int) -> None:
    store = Store(f"sqlite:///{path}")
    with store._writing.connect() as connection:  # no door of the store takes so many at once
        for part in track(list(range(0, size, AT_ONCE)), "filling the store"):
            with connection.begin():
                connection.execute(insert(PredictionRow), list(rows(part, size)))
    store.close()


def rows(first: int, size: int) -> Iterator[dict[str, object]]:
    rng = np.random.default_rng(first)
    count = min(AT_ONCE, size - first)
    table = signals(rng, count)
    likely = dict.fromkeys(KNOWN, 1 / len(KNOWN))
    for at, (emotion, confidence, snr, bandwidth, loudness, ood) in enumerate(
        table.itertuples(index=False), start=first
    ):
        call = at // CLIPS
        yield {
            "id": rng.bytes(16).hex(),
            "created_at": START + PERIOD * at / size,
            "model_tag": TAG,
            "lineage_id": "line",
            "call_id": f"call {call}",
            "channel": ("telephone", "web")[call % 2],
            "tenant": f"tenant {call % TENANTS}",
            "emotion": emotion,
            "confidence": confidence,
            "distribution": likely,
            "has_audio": True,
            "has_text": True,
            "has_image": False,
            "snr_db": snr,
            "bandwidth_hz": bandwidth,
            "loudness_lufs": loudness,
            "ood_score": ood,
        }


def tested_predictions() -> pd.DataFrame:
    rng = np.random.default_rng(17)
    table = signals(rng, 2000)
    speakers = pd.DataFrame({"speaker_id": rng.integers(0, 30, len(table)).astype(str)})
    shares = pd.DataFrame({f"p_{name}": table["emotion"] == name for name in KNOWN})
    truth = table["emotion"].rename("true_emotion")
    return pd.concat([speakers, truth, table, shares], axis=1)


def signals(rng: np.random.Generator, count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "emotion": rng.choice(KNOWN, count),
            "confidence": rng.random(count),
            "snr_db": rng.normal(20, 5, count),
            "bandwidth_hz": rng.choice([3400.0, 7600.0, 8000.0], count),
            "loudness_lufs": rng.normal(-23, 3, count),
            "ood_score": rng.gamma(4, 0.1, count),
        }
    )
