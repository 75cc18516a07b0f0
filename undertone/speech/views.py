"""Changed views of a recording, to train on beside the recording itself.

What a view is made with follows from the recording and the view's number alone: no other
recording is mixed in, so that no test speaker is heard in what a model trains on.
"""

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import soxr

from undertone.audio import SAMPLE_RATE, Samples
from undertone.audio.line import Signal, telephone, with_noise
from undertone.audio.noises import hum_of_voices, pink, white
from undertone.config import AudioParams
from undertone.speech.utterance import Utterance, cleaned, prepare

# Raise it when views are made otherwise, so that those heard before no longer hold.
REVISION = 2
SEED = 20_260_701
MOST_MOVED = 1600  # samples
SPED_SHARE, NOISY_SHARE, LINE_SHARE = 0.5, 0.7, 0.4
SPEEDS = (0.9, 1.1)
SNR_DB = (10.0, 40.0)
BABBLERS = 7
RATES = (0.7, 1.4)


def prepare_view(
    file: Path, sha256: str, number: int, params: AudioParams, *, silence: bool = False
) -> Utterance:
    """A recording ready to be heard, as it is (0) or in one of its views (from 1 on).

    Args:
        file: the recording.
        sha256: names it.
        number: which view.
        params: bounds and cleaning.
        silence: whether a silent recording will do.

    Raises:
        AudioError: it cannot be decoded, or holds no usable speech.
    """
    utterance = prepare(file, params, silence=silence)
    if not number:
        return utterance
    changed = view(utterance.recording.samples, sha256, number)
    return cleaned(replace(utterance.recording, samples=changed), params)


def view(samples: Samples, sha256: str, number: int) -> Samples:
    """A recording with its ends moved, mostly in noise, often sped or through a telephone.

    At another speed its voice is higher or lower too, as another speaker's (Ko et al., 2015,
    "Audio Augmentation for Speech Recognition").

    Args:
        samples: float32 [time], mono 16 kHz.
        sha256: names the recording, and so seeds its views.
        number: which view, from 1.

    Returns:
        float32 [time], up to a fifth longer or shorter, within [-1, 1].
    """
    rng = np.random.default_rng([SEED, number, zlib.crc32(sha256.encode())])
    changed = _moved(samples.astype(np.float64), rng)
    if rng.random() < SPED_SHARE:
        changed = soxr.resample(changed, SAMPLE_RATE * rng.uniform(*SPEEDS), SAMPLE_RATE)
    if rng.random() < NOISY_SHARE:
        changed = with_noise(changed, _noise(changed, rng), rng.uniform(*SNR_DB))
    if rng.random() < LINE_SHARE:
        changed = telephone(changed)
    return (changed / max(1.0, float(np.abs(changed).max()))).astype(np.float32)


def _moved(samples: Signal, rng: np.random.Generator) -> Signal:
    """Cropped or padded with silence at either end."""
    most = min(MOST_MOVED, len(samples) // 8)
    start, end = rng.integers(-most, most + 1, 2)
    kept = samples[max(start, 0) : len(samples) - max(end, 0)]
    return np.pad(kept, (max(-start, 0), max(-end, 0)))


def _noise(samples: Signal, rng: np.random.Generator) -> Signal:
    kind = rng.integers(3)
    if kind == 2:
        return hum_of_voices(_babblers(samples, rng), len(samples), rng)
    return (white, pink)[kind](len(samples), rng)


def _babblers(samples: Signal, rng: np.random.Generator) -> list[Signal]:
    """Voices made of this one: backwards, and faster and higher or slower and lower."""
    backwards = samples[::-1]
    return [
        np.interp(np.arange(0, len(samples) - 1, rate), np.arange(len(samples)), backwards)
        for rate in rng.uniform(*RATES, BABBLERS)
    ]
