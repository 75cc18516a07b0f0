"""Speak a whole corpus: fixed shards, each in a fresh process, two at a time."""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from multiprocessing import get_context

import numpy as np

from undertone.config import GeneratedParams
from undertone.corpora.base import SourceUtterance
from undertone.corpora.generated.clips import Clip, plan, speak
from undertone.corpora.generated.espeak import Espeak
from undertone.corpora.generated.prosody import PROSODY
from undertone.errors import ConfigError

_SHARD = 50
_PROCESSES = 2


def generate(params: GeneratedParams) -> Iterator[SourceUtterance]:
    """Emotional speech by espeak-ng, the same bytes for the same parameters.

    espeak-ng remembers what it said before. So the clips are parted into shards of fixed size,
    and each shard is spoken by a process that has said nothing yet.

    Args:
        params: how many clips, whose voices, which channel, what mix of emotions.

    Yields:
        `params.clips` utterances, in order, samples int16 at 16 kHz.

    Raises:
        ConfigError: the emotion weights are not weights of the seven emotions.
        CorpusError: espeak-ng is not installed.
    """
    Espeak.check()
    clips = _plans(params)
    shards = [clips[start : start + _SHARD] for start in range(0, len(clips), _SHARD)]
    workers = min(_PROCESSES, len(shards))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        yield from chain.from_iterable(executor.map(_speak_afresh, shards))


def _speak_afresh(clips: Sequence[Clip]) -> list[SourceUtterance]:
    with get_context("fork").Pool(1) as pool:
        return pool.apply(_speak_all, (clips,))


def _speak_all(clips: Sequence[Clip]) -> list[SourceUtterance]:
    return list(map(partial(speak, Espeak()), clips))


def _plans(params: GeneratedParams) -> list[Clip]:
    rng = np.random.default_rng([params.seed, params.clips])
    emotions = rng.choice(list(PROSODY), size=params.clips, p=_mix(params.emotion_weights))
    voices = params.first_speaker + rng.integers(params.speakers, size=params.clips)
    return [
        plan(index, params.seed, str(emotion), int(voice), params.channel)
        for index, (emotion, voice) in enumerate(zip(emotions, voices, strict=True))
    ]


def _mix(weights: dict[str, float]) -> list[float]:
    """Probabilities in the order of `PROSODY`; an emotion without a weight counts 1."""
    unknown = sorted(set(weights) - set(PROSODY))
    if unknown:
        raise ConfigError(
            f"corpus.generated.emotion_weights: there is no generated {', '.join(unknown)}. "
            f"Known: {', '.join(PROSODY)}."
        )
    values = [float(weights.get(emotion, 1.0)) for emotion in PROSODY]
    total = sum(values)
    if min(values) < 0 or total <= 0 or not math.isfinite(total):
        raise ConfigError(
            "corpus.generated.emotion_weights: every weight must be finite and not negative, "
            f"and one above 0; got {weights}."
        )
    return [value / total for value in values]
