"""Recordings of up to two hours as jobs: memory, speed, and what others notice of it."""

import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from benchmarks.parts import Figure, Ratio
from benchmarks.serving.server import Service, registered, running
from benchmarks.serving.stack import TOGETHER
from serving.client import Client
from serving.jobs.schemas import State
from undertone.audio import SAMPLE_RATE, Samples, decode
from undertone.config import AudioParams
from undertone.errors import UndertoneError
from undertone.progress import track

MINUTES = (1, 10, 60, 120)
FORMATS = {"FLAC": "PCM_16", "OGG": "OPUS", "MP3": "MPEG_LAYER_III"}
PAUSE_S = 0.8
PAUSE_LEVEL = 0.001
LOOK_S = 1.0


def hear(clips: Sequence[bytes], whisper: Path, _rounds: int) -> tuple[list[Ratio], list[Figure]]:
    """The clips, with pauses between them, joined to recordings of each length.

    Args:
        clips: recordings, as files.
        whisper: with a decoder.
    """
    samples = [decode(clip, AudioParams()).samples for clip in clips]
    lengths = list(zip(MINUTES, cycle(FORMATS), strict=False))
    with (
        TemporaryDirectory() as home,
        registered(Path(home), whisper),
        running(Path(home), whisper, TOGETHER) as service,
    ):
        return [], [
            _measured(service, samples, minutes, container)
            for minutes, container in track(lengths, "hearing")
        ]


def _measured(service: Service, clips: Sequence[Samples], minutes: float, container: str) -> Figure:
    codec = FORMATS[container]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"long.{container.lower()}"
        with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, codec, format=container) as file:
            for piece in _pieces(clips, int(60 * minutes * SAMPLE_RATE)):
                file.write(piece)
        idle = service.reset_peaks()
        seconds, utterances, asked = _heard(service.url, path)
    above = max(peak - idle[pid] for pid, peak in service.peaks_mb().items())
    return Figure(
        name=f"{minutes:g} minutes of {codec}: memory at most, above idle",
        value=f"{above:.0f} MB",
        note=f"{utterances} utterances in {seconds:.0f} s, real-time factor "
        f"{seconds / minutes / 60:.3f}; short requests meanwhile took "
        f"{1000 * np.median(asked):.0f} ms, p95 {1000 * np.percentile(asked, 95):.0f} ms",
    )


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
