"""Recordings of one speaker joined, so that it is known when the emotion changes.

As the training set-up of Wang, Ravanelli & Yacoubi 2023 (arXiv 2306.12991): neutral then
emotional, emotional then neutral, and emotional between neutral.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from undertone.audio import SAMPLE_RATE, Recording, Samples, decode, speech_segments
from undertone.config import AudioParams
from undertone.errors import CorpusError
from undertone.evaluation.diarisation import NEUTRAL, Span

PATTERNS = ("neutral-emotion", "emotion-neutral", "neutral-emotion-neutral")
LEVEL = 0.05  # RMS of full scale
PEAK_LIMIT = 0.99


@dataclass(frozen=True)
class Joined:
    """A recording put together from several of one speaker.

    Attributes:
        speaker: who speaks.
        truth: which emotion when; one span ends where the next begins.
        recording: what is heard.
    """

    speaker: str
    truth: tuple[Span, ...]
    recording: Recording


def join_clips(
    rows: pd.DataFrame, audio: AudioParams, *, each: int, seed: int = 0
) -> Iterator[Joined]:
    """Join recordings of the same speaker.

    Each is cut to where speech is (0.1 s of its own silence are kept on either side, so that a
    joint pauses as a sentence does) and brought to one RMS level.

    Args:
        rows: manifest rows with absolute paths.
        audio: bounds on what is decoded.
        each: how many to make of a speaker, at most.
        seed: of the choice of recordings.

    Raises:
        CorpusError: no speaker has both neutral and emotional recordings.
    """
    rng = np.random.default_rng(seed)
    if not joinable(rows):
        raise CorpusError(
            "No speaker has neutral as well as emotional recordings: nothing can be joined."
        )
    for speaker, spoken in rows.dropna(subset=["path"]).groupby("speaker_id"):
        neutral = spoken["emotion"] == NEUTRAL
        plain, moved = spoken[neutral], spoken[~neutral]
        chosen = rng.permutation(len(moved))[: each if len(plain) else 0]
        for number, place in enumerate(chosen):
            parts = _parts(plain, moved.iloc[int(place)], PATTERNS[number % len(PATTERNS)], rng)
            yield _joined(str(speaker), parts, audio)


def joinable(rows: pd.DataFrame) -> bool:
    """Whether a speaker of these manifest rows has neutral as well as emotional recordings."""
    spoken = rows.dropna(subset=["path"])
    neutral = (spoken["emotion"] == NEUTRAL).groupby(spoken["speaker_id"])
    return bool((neutral.any() & ~neutral.all()).any())


def _parts(
    plain: pd.DataFrame, moved: pd.Series, pattern: str, rng: np.random.Generator
) -> list[pd.Series]:
    neutral = iter(rng.permutation(len(plain)).tolist() * 2)
    return [plain.iloc[next(neutral)] if part == NEUTRAL else moved for part in pattern.split("-")]


def _joined(speaker: str, parts: list[pd.Series], audio: AudioParams) -> Joined:
    pieces = [_levelled(_spoken(decode(Path(part["path"]), audio).samples)) for part in parts]
    marks = np.cumsum([0, *map(len, pieces)]) / SAMPLE_RATE
    truth = tuple(
        Span(float(start), float(end), str(part["emotion"]))
        for start, end, part in zip(marks[:-1], marks[1:], parts, strict=True)
    )
    return Joined(speaker, truth, Recording(np.concatenate(pieces)))


def _spoken(samples: Samples) -> Samples:
    speech = speech_segments(samples)
    if not speech:
        return samples
    return samples[int(speech[0][0] * SAMPLE_RATE) : int(speech[-1][1] * SAMPLE_RATE)]


def _levelled(samples: Samples) -> Samples:
    rms, peak = float(np.sqrt(np.mean(samples**2))), float(np.abs(samples).max(initial=0.0))
    if rms == 0:
        return samples
    return (samples * min(LEVEL / rms, PEAK_LIMIT / peak)).astype(np.float32)
