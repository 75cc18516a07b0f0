"""Words: error rate and time beside faster-whisper as it comes, on generated speech."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import get_args

import jiwer
import torch
from faster_whisper import WhisperModel

from benchmarks.parts import Figure, Ratio
from benchmarks.serving.stack import alternate
from undertone.audio import Samples, from_pcm16
from undertone.config import Engine, GeneratedParams, ListeningParams
from undertone.corpora.generated import generate
from undertone.hub import resolve
from undertone.speech.conversion import converted
from undertone.speech.listener import Listener

WHISPER = "whisper-demo"
CLIPS, SEED = 200, 2025
PADDED = "faster-whisper, 30 s"

Write = Callable[[Samples], str]


def compare(
    _clips: Sequence[bytes], _whisper: Path, rounds: int
) -> tuple[list[Ratio], list[Figure]]:
    """Word error rates at real length by each engine, and over 30 s, by the Whisper of the demo.

    Both run int8, greedy, with word times. faster-whisper gives a transcript, Undertone also the
    statistics of all layers.
    """
    torch.set_num_threads(1)
    spoken = list(generate(GeneratedParams(clips=CLIPS, seed=SEED)))
    samples = [from_pcm16(one.samples).samples for one in spoken]
    truth = [one.text for one in spoken]
    params = ListeningParams(device="cpu")
    sides = {PADDED: _padded(params)} | {
        engine: _at_real_length(params.model_copy(update={"engine": engine}))
        for engine in get_args(Engine)
    }
    errors = {name: jiwer.wer(truth, _written(write, samples)) for name, write in sides.items()}
    turns = {name: partial(_written, write, samples) for name, write in sides.items()}
    times = alternate(turns, rounds, CLIPS)
    return [
        Ratio.of(
            f"transcript, faster-whisper against ours by {engine}", times[PADDED], times[engine]
        )
        for engine in get_args(Engine)
    ], [
        Figure(name=f"word error rate, {name}", value=f"{error:.1%}")
        for name, error in errors.items()
    ]


def _written(write: Write, samples: Sequence[Samples]) -> list[str]:
    return [write(each) for each in samples]


def _padded(params: ListeningParams) -> Write:
    folder = converted(resolve(WHISPER), params.compute_type)
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


def _at_real_length(params: ListeningParams) -> Write:
    listener = Listener(resolve(WHISPER), params)

    def write(samples: Samples) -> str:
        heard = listener.listen(samples)
        return heard.transcript.text if heard.transcript else ""

    return write
