"""Latency and throughput of a running service.

    python benchmarks/serving_load.py --url http://127.0.0.1:3000 --requests 200 clips/*.wav

Every client sends the next recording as soon as the last is answered. Latency is what the client
sees, connection included.
"""

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from serving.client import Client

CLIENTS = (1, 8)
WARM_UP = 5


def measure(url: str, clips: Sequence[bytes], clients: int, requests: int) -> str:
    """One row of the table: `requests` requests from `clients` clients at once."""
    turns = list(islice(cycle(clips), requests))

    def call(share: Sequence[bytes]) -> list[float]:
        with Client(url) as client:
            return [_timed(client, clip) for clip in share]

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        shares = [turns[start::clients] for start in range(clients)]
        latencies = np.concatenate(list(pool.map(call, shares))) * 1000
    rate = requests / (time.perf_counter() - started)
    p50, p95 = np.percentile(latencies, [50, 95])
    return f"{clients:>7} {requests:>9} {p50:>8.1f} {p95:>8.1f} {rate:>10.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path, help="recordings")
    parser.add_argument("--url", default="http://127.0.0.1:3000")
    parser.add_argument("--requests", type=int, default=200)
    given = parser.parse_args()
    clips = [path.read_bytes() for path in given.clips]
    with Client(given.url) as client:
        client.wait_ready()
        for clip in islice(cycle(clips), WARM_UP):
            client.predict(clip)
        print(f"{client.model().tag}, {len(clips)} recordings")
    print("clients  requests   p50 ms   p95 ms requests/s")
    for clients in CLIENTS:
        print(measure(given.url, clips, clients, given.requests))


def _timed(client: Client, clip: bytes) -> float:
    started = time.perf_counter()
    client.predict(clip)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
