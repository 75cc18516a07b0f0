"""Callers who speak in real time, one alone and several at once: how soon they are answered."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.parts import Figure, Ratio
from benchmarks.serving.server import registered, running
from benchmarks.serving.stack import TOGETHER
from serving.client import AsyncClient, Stream
from serving.streaming.messages import Final, Provisional
from undertone.audio import SAMPLE_RATE, Samples, decode, to_pcm16
from undertone.config import AudioParams, StreamingParams

STREAMS = (1, 4, 8)
PAUSE_S = 1.2
FRAME_S = 0.1
QUIET = 1e-3


@dataclass
class Delays:
    """Seconds that callers waited.

    Attributes:
        first: from the start of an utterance to the first that is told of its emotion.
        final: from where the pause after it was long enough to its answer.
    """

    first: list[float] = field(default_factory=list)
    final: list[float] = field(default_factory=list)


def follow(clips: Sequence[bytes], whisper: Path, rounds: int) -> tuple[list[Ratio], list[Figure]]:
    """Delays of callers in real time.

    Args:
        clips: recordings, as files, each of which is said once by every caller in every round.
        whisper: with a decoder.
        rounds: how often.
    """
    figures: list[Figure] = []
    with (
        TemporaryDirectory() as home,
        registered(Path(home), whisper),
        running(Path(home), whisper, TOGETHER) as service,
    ):
        for streams in STREAMS:
            delays = asyncio.run(_speak(service.url, clips, streams, rounds))
            figures += _told(streams, delays)
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    return [], [*figures, Figure(name="load of the machine at the end", value=load)]


async def _speak(url: str, clips: Sequence[bytes], streams: int, rounds: int) -> Delays:
    delays = Delays()
    async with AsyncClient(url) as client:
        for number in range(rounds):
            said = [_speech(clips, number * streams + caller) for caller in range(streams)]
            await asyncio.gather(*(_call(client, samples, delays) for samples in said))
    return delays


def _speech(clips: Sequence[bytes], caller: int) -> Samples:
    """What a caller says: all clips in an order of their own, with pauses."""
    rng = np.random.default_rng(caller)
    pause = rng.normal(0, QUIET, round(PAUSE_S * SAMPLE_RATE)).astype(np.float32)
    order = rng.permutation(len(clips))
    spoken = [decode(clips[place], AudioParams()).samples for place in order]
    return np.concatenate([pause, *(part for clip in spoken for part in (clip, pause))])


async def _call(client: AsyncClient, samples: Samples, delays: Delays) -> None:
    usual = StreamingParams()
    async with client.stream() as stream:
        began = time.perf_counter()
        speaking = asyncio.create_task(_speak_live(stream, samples, began))
        silent = True
        async for event in stream:
            now = time.perf_counter() - began
            if isinstance(event, Provisional | Final) and silent:
                delays.first.append(now - event.start - usual.padding_seconds)
            if isinstance(event, Final):
                delays.final.append(now - event.end + usual.padding_seconds - usual.pause_seconds)
            silent = isinstance(event, Final) or (silent and not isinstance(event, Provisional))
        await speaking


async def _speak_live(stream: Stream, samples: Samples, began: float) -> None:
    """Send samples as they would be spoken."""
    frame = round(FRAME_S * SAMPLE_RATE)
    for number, start in enumerate(range(0, len(samples), frame), 1):
        await asyncio.sleep(max(0.0, began + number * FRAME_S - time.perf_counter()))
        await stream.send(to_pcm16(samples[start : start + frame]).astype("<i2").tobytes())
    await stream.end()


def _told(streams: int, delays: Delays) -> list[Figure]:
    return [
        Figure(name=f"{name}, {streams} at once", value=_percentiles(seconds))
        for name, seconds in (
            ("start of speech to first emotion", delays.first),
            ("end of pause to answer", delays.final),
        )
    ]


def _percentiles(seconds: Sequence[float]) -> str:
    p50, p95 = np.percentile(seconds, [50, 95])
    return f"p50 {1000 * p50:.0f} ms, p95 {1000 * p95:.0f} ms, of {len(seconds)}"
