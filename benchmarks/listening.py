"""Listening once beside faster-whisper as it comes: word error rate and time on the same clips.

`python benchmarks/listening.py [--clips 64] [--whisper whisper-demo]`

Both run int8, greedy, with word times, on one thread. faster-whisper pads each clip to 30 s and
gives a transcript; Undertone listens at the clip's own length and gives the transcript and the
acoustic statistics of all layers.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version

os.environ.setdefault("OMP_NUM_THREADS", "1")

import jiwer
import numpy as np
import torch
from faster_whisper import WhisperModel

from undertone.audio import SAMPLE_RATE, Samples
from undertone.config import GeneratedParams, ListeningParams
from undertone.corpora.generated import generate
from undertone.hub import resolve
from undertone.speech.conversion import converted
from undertone.speech.listener import Listener

Clip = tuple[str, Samples]


def clips(count: int) -> list[Clip]:
    spoken = generate(GeneratedParams(clips=count, seed=2025))
    return [(one.text, (one.samples / 32768).astype(np.float32)) for one in spoken]


def plain(name: str, params: ListeningParams) -> Callable[[Samples], str]:
    folder = converted(resolve(name), params.compute_type)
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def write(samples: Samples) -> str:
        segments, _ = model.transcribe(
            samples,
            language=params.language,
            beam_size=params.beam_size,
            temperature=0,
            word_timestamps=True,
            condition_on_previous_text=False,
            max_new_tokens=params.max_new_tokens,
        )
        return " ".join("".join(segment.text for segment in segments).split())

    return write


def once(name: str, params: ListeningParams) -> Callable[[Samples], str]:
    listener = Listener(resolve(name), params)

    def write(samples: Samples) -> str:
        heard = listener.listen(samples)
        return heard.transcript.text if heard.transcript else ""

    return write


def measure(write: Callable[[Samples], str], spoken: list[Clip]) -> dict[str, float]:
    write(spoken[0][1])
    wall, cpu = time.perf_counter(), time.process_time()
    written = [write(samples) for _, samples in spoken]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    seconds = sum(len(samples) for _, samples in spoken) / SAMPLE_RATE
    return {
        "WER": jiwer.wer([text for text, _ in spoken], written),
        "ms/clip": 1000 * wall / len(spoken),
        "CPU ms/clip": 1000 * cpu / len(spoken),
        "RTF": wall / seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--whisper", default="whisper-demo")
    options = parser.parse_args()
    torch.set_num_threads(1)
    params = ListeningParams(device="cpu")
    spoken = clips(options.clips)
    versions = {name: version(name) for name in ("faster-whisper", "ctranslate2", "torch")}
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, {versions}")
    print(f"{options.clips} generated clips, {options.whisper}, one thread")
    rows = {
        "faster-whisper, 30 s": measure(plain(options.whisper, params), spoken),
        "listening once": measure(once(options.whisper, params), spoken),
    }
    print(f"{'':22}" + "".join(f"{name:>13}" for name in rows["listening once"]))
    for name, row in rows.items():
        print(f"{name:22}" + "".join(f"{value:13.3f}" for value in row.values()))
    padded, short = (row["CPU ms/clip"] for row in rows.values())
    print(f"listening once takes 1/{padded / short:.1f} of the CPU time")


if __name__ == "__main__":
    main()
