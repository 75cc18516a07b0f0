"""Memory and speed of a running service over recordings of up to two hours.

`python -m benchmarks.serving.long_audio CLIP... [--url URL]`: the clips, with pauses between them,
are joined to recordings of each length, and sent to the service as FLAC, Opus and MP3 in turn.
What it found stands in docs/benchmarks/serving-long.json. The service must run on this machine, and
where its user may see its processes.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import numpy as np
import psutil
import soundfile

from benchmarks.machine import Machine
from benchmarks.page import FOLDER, write_page
from benchmarks.serving.record import Figure, Part
from serving.client import Client
from serving.jobs.schemas import State
from undertone.audio import SAMPLE_RATE, Samples, decode
from undertone.config import AudioParams
from undertone.errors import UndertoneError
from undertone.files import write_json

MINUTES = (1, 10, 60, 120)
FORMATS = {"FLAC": "PCM_16", "OGG": "OPUS", "MP3": "MPEG_LAYER_III"}
PAUSE_S = 0.8
PAUSE_LEVEL = 0.001
LOOK_S = 1.0
RESET_PEAK = "5"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(
        "benchmarks.serving.long_audio",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP", help="recordings")
    parser.add_argument("--url", default="http://127.0.0.1:3000")
    parser.add_argument("--minutes", nargs="+", type=float, default=MINUTES)
    given = parser.parse_args(arguments)
    clips = [decode(clip, AudioParams()).samples for clip in given.clips]
    part = Part(
        name="long",
        command="python -m benchmarks.serving.long_audio "
        f"({len(clips)} recordings, joined; load {psutil.getloadavg()[0]:.1f} as it began)",
        machine=Machine.here(),
        figures=[
            _measured(given.url, clips, minutes, name)
            for minutes, name in zip(given.minutes, cycle(FORMATS), strict=False)
        ],
    )
    write_json(FOLDER / f"serving-{part.name}.json", part.model_dump(mode="json"))
    write_page()


def _measured(url: str, clips: Sequence[Samples], minutes: float, name: str) -> Figure:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"long.{name.lower()}"
        with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, FORMATS[name], format=name) as file:
            for piece in _pieces(clips, int(60 * minutes * SAMPLE_RATE)):
                file.write(piece)
        workers = _workers(urlsplit(url).port or 80)
        for worker in workers:
            Path(f"/proc/{worker.pid}/clear_refs").write_text(RESET_PEAK)
        idle = {worker: _peak_mb(worker) for worker in workers}
        seconds, utterances, asked = _heard(url, path)
    above = max(_peak_mb(worker) - idle[worker] for worker in workers)
    figure = Figure(
        name=f"{minutes:g} minutes of {FORMATS[name]}: memory at most, above idle",
        value=f"{above:.0f} MB",
        note=f"{utterances} utterances in {seconds:.0f} s, real-time factor "
        f"{seconds / minutes / 60:.3f}; short requests meanwhile took "
        f"{1000 * np.median(asked):.0f} ms, p95 {1000 * np.percentile(asked, 95):.0f} ms",
    )
    print(figure.name, figure.value, figure.note, flush=True)
    return figure


def _heard(url: str, path: Path) -> tuple[float, int, list[float]]:
    """Seconds that a recording took, its utterances, and seconds of short requests beside it."""
    asked: list[float] = []
    with Client(url, timeout=600) as client:
        began = time.perf_counter()
        job = client.hear(path)
        while not (job := client.job(job.job_id)).finished:
            since = time.perf_counter()
            client.predict(text="how long will this take")
            asked.append(time.perf_counter() - since)
            time.sleep(LOOK_S)
        seconds = time.perf_counter() - began
        client.stop(job.job_id)
    if job.state is not State.DONE:
        raise UndertoneError(f"The job is {job.state}: {job.problem}")
    return seconds, job.utterances, asked


def _pieces(clips: Sequence[Samples], samples: int) -> Iterator[Samples]:
    noise = np.random.default_rng(0)
    for clip in cycle(clips):
        pause = PAUSE_LEVEL * noise.normal(size=int(PAUSE_S * SAMPLE_RATE))
        piece = np.concatenate([clip, pause.astype(np.float32)])[:samples]
        yield piece
        samples -= len(piece)
        if not samples:
            return


def _workers(port: int) -> list[psutil.Process]:
    """The service's processes, found by the port that they listen on."""
    listening = {
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
    }
    found = {pid: psutil.Process(pid) for pid in listening if pid}
    found |= {child.pid: child for each in [*found.values()] for child in each.children()}
    if not found:
        raise UndertoneError(f"No process that this user may see listens on port {port}.")
    return list(found.values())


def _peak_mb(process: psutil.Process) -> float:
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    try:
        main()
    except UndertoneError as error:
        sys.exit(f"error: {error}")
