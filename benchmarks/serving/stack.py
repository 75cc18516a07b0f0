"""One thread, both sides turn about: what a clip costs here and in the stack made by hand."""

import io
import itertools
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import soundfile
import torch

from benchmarks.parts import Figure, Ratio
from benchmarks.serving import bound
from benchmarks.serving.naive import Naive
from benchmarks.serving.ours import Ours
from undertone.audio import SAMPLE_RATE, decode
from undertone.config import AudioParams, Engine
from undertone.progress import track
from undertone.speech.encoder import AcousticEncoder
from undertone.speech.engines import Encode, encode_by
from undertone.speech.features import grid_frames, log_mel, real_frames

TOKENS = 12
TOGETHER = 16
ENGINES: tuple[Engine, ...] = ("torch", "bfloat16", "int8")
PADDED_FRAMES = 3000
LENGTHS = (1, 2, 5, 10, 30, 60, 150, 300, 600)
MANY_TOKENS = 224


def compare(clips: Sequence[bytes], whisper: Path, rounds: int) -> tuple[list[Ratio], list[Figure]]:
    """Ratios of processor time, each the median over rounds in which all sides take their turn.

    Args:
        clips: recordings, as files.
        whisper: with a decoder.
        rounds: how often.
    """
    torch.set_num_threads(1)
    naive = Naive(whisper, TOKENS)
    ours = {engine: Ours(whisper, TOKENS, engine) for engine in ENGINES}
    sides: dict[str, Callable[[], object]] = {"naive": partial(_one_by_one, naive, clips)}
    for engine, side in ours.items():
        sides[f"{engine} alone"] = partial(_one_by_one, side, clips)
        sides[f"{engine} together"] = partial(side.together, clips, TOGETHER)
    times = alternate(sides, rounds, len(clips))
    best = min(ENGINES, key=lambda engine: median(times[f"{engine} together"]))
    seconds = {name: median(values) for name, values in times.items()}
    parts = [f"{name} {1000 * value:.1f} ms" for name, value in seconds.items()]
    figures = [Figure(name="processor time of a clip", value=", ".join(parts))]
    return [
        Ratio.of(
            "clips a second, 16 together, against the stack by hand",
            times["naive"],
            times[f"{best} together"],
            pledge=20,
            note=best,
        ),
        Ratio.of(
            "one clip, against the stack by hand",
            times["naive"],
            times[f"{best} alone"],
            pledge=8,
            note=best,
        ),
        Ratio.of(
            "16 together, against one by one",
            times[f"{best} alone"],
            times[f"{best} together"],
            pledge=1.8,
            note=best,
        ),
        _share_of_bound(clips, whisper, times[f"{best} together"]),
    ], figures


def short(clips: Sequence[bytes], whisper: Path, rounds: int) -> tuple[list[Ratio], list[Figure]]:
    """Encoder at a clip's real length, against the same engine on 30 s."""
    torch.set_num_threads(1)
    encoder = AcousticEncoder.from_folder(whisper)
    real = [torch.from_numpy(log_mel(samples)) for samples in _decoded(clips)]
    padded = [torch.nn.functional.pad(one, (0, PADDED_FRAMES - one.shape[1])) for one in real]
    found = []
    for engine in ENGINES:
        encode = encode_by(engine, encoder, whisper)
        sides = {"padded": partial(_encode, encode, padded), "real": partial(_encode, encode, real)}
        times = alternate(sides, rounds, len(clips))
        name = f"encoder at real length, against 30 s, {engine}"
        found.append(Ratio.of(name, times["padded"], times["real"], pledge=8))
    return found, []


def by_length(
    clips: Sequence[bytes], whisper: Path, rounds: int
) -> tuple[list[Ratio], list[Figure]]:
    """Processor time over the length of a recording, as one request.

    Args:
        clips: recordings, as files, joined until they are long enough.
        whisper: with a decoder.
        rounds: how often.
    """
    torch.set_num_threads(1)
    ours = Ours(whisper, MANY_TOKENS, "int8")
    said = np.concatenate(_decoded(clips))
    files = {length: _flac(np.resize(said, length * SAMPLE_RATE)) for length in LENGTHS}
    sides = {str(length): partial(ours, file) for length, file in files.items()}
    times = {name: median(values) for name, values in alternate(sides, rounds, 1).items()}
    return [], [
        Figure(
            name=f"{length} s",
            value=f"{1000 * times[str(length)]:.0f} ms",
            note=f"{1000 * times[str(length)] / length:.1f} ms for a second of it",
        )
        for length in LENGTHS
    ]


def _flac(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="FLAC")
    return file.getvalue()


@torch.inference_mode()
def _encode(encode: Encode, features: Sequence[torch.Tensor]) -> None:
    for one in features:
        encode(one[None], torch.tensor([one.shape[1]]))


def alternate(
    sides: dict[str, Callable[[], object]], rounds: int, clips: int
) -> dict[str, list[float]]:
    """Processor seconds of a clip on each side, round by round; the first round is not counted."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    turns = list(itertools.product(range(rounds + 1), sides))
    for number, name in track(turns, "measuring"):
        started = process_time()
        sides[name]()
        if number:
            times[name].append((process_time() - started) / clips)
    return times


def _one_by_one(side: Callable[[bytes], object], clips: Sequence[bytes]) -> None:
    for clip in clips:
        side(clip)


def _share_of_bound(clips: Sequence[bytes], whisper: Path, times: list[float]) -> Ratio:
    encoder = AcousticEncoder.from_folder(whisper)
    frames = [grid_frames(real_frames(len(samples))) for samples in _decoded(clips)]
    work = float(np.mean([bound.operations(encoder, each, TOKENS) for each in frames]))
    peaks = [bound.peak() for _ in times]
    return Ratio.of(
        "share of what multiplying in bfloat16 alone would allow",
        [work / peak for peak in peaks],
        times,
        pledge=0.4,
        note=f"{work / 1e9:.1f} GFLOP a clip, peak {max(peaks) / 1e9:.0f} GFLOP/s of one thread",
    )


def _decoded(clips: Sequence[bytes]) -> list[np.ndarray]:
    return [decode(clip, AudioParams()).samples for clip in clips]
