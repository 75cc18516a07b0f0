"""Sounds that disturb speech or are none, made on the spot."""

from collections.abc import Sequence

import numpy as np

from undertone.audio.line import Signal, filtered
from undertone.audio.recording import SAMPLE_RATE

PINK_FROM_HZ = 20.0
TONE_HZ = (100.0, 4000.0)
VOICES_AT_ONCE = (4, 7)
COUGH_SECONDS = (0.25, 0.45)
COUGH_HZ = ((500.0, 1.0), (1400.0, 0.6), (3200.0, 0.3))  # resonances and their strengths
CHORD_SECONDS = (0.4, 0.9)
CHORDS = ((0, 4, 7, 12), (0, 3, 7, 12), (0, 5, 9, 12), (0, 2, 7, 11))  # semitones
ROOT_HZ = (110.0, 220.0)
HARMONICS = 5


def white(length: int, rng: np.random.Generator) -> Signal:
    """Noise as strong at every frequency, of variance 1."""
    return rng.normal(size=length)


def pink(length: int, rng: np.random.Generator) -> Signal:
    """Noise whose power falls as the frequency rises."""
    return filtered(white(length, rng), lambda hertz: 1 / np.sqrt(np.maximum(hertz, PINK_FROM_HZ)))


def tone(length: int, rng: np.random.Generator) -> Signal:
    """A steady sine; its frequency is drawn evenly by octaves."""
    hertz = 2 ** rng.uniform(*np.log2(TONE_HZ))
    return np.sin(2 * np.pi * (hertz * np.arange(length) / SAMPLE_RATE + rng.random()))


def cough(length: int, rng: np.random.Generator) -> Signal:
    """A burst of noise with the resonances of a throat, dying away, somewhere in silence.

    Args:
        length: samples in all.
        rng: draws place, length and noise.
    """
    count = min(int(SAMPLE_RATE * rng.uniform(*COUGH_SECONDS)), length)
    time = np.arange(count) / SAMPLE_RATE
    envelope = (1 - np.exp(-time / 0.005)) * np.exp(-time / 0.09)
    burst = filtered(rng.normal(size=count), _throat) * envelope
    start = int(rng.integers(length - count + 1))
    return np.pad(burst, (start, length - count - start))


def music(length: int, rng: np.random.Generator) -> Signal:
    """Chords of plucked tones with harmonics, one after the other.

    Args:
        length: samples in all.
        rng: draws key, chords and their lengths.
    """
    root = rng.uniform(*ROOT_HZ)
    played = np.zeros(length)
    start = 0
    while start < length:
        count = int(SAMPLE_RATE * rng.uniform(*CHORD_SECONDS))
        chord = _chord(root * 2 ** (rng.integers(0, 12) / 12), CHORDS[rng.integers(4)], count)
        played[start : start + count] = chord[: length - start]
        start += count
    return played


def hum_of_voices(voices: Sequence[Signal], length: int, rng: np.random.Generator) -> Signal:
    """Four to seven voices talking at once, equally loud, each from some place in its recording.

    Args:
        voices: recordings to draw from.
        length: samples in all; shorter recordings are repeated.
        rng: draws the voices and where they begin.
    """
    count = min(int(rng.integers(VOICES_AT_ONCE[0], VOICES_AT_ONCE[1] + 1)), len(voices))
    together = np.zeros(length)
    for place in rng.choice(len(voices), count, replace=False):
        voice = np.roll(voices[place], int(rng.integers(len(voices[place]))))
        together += np.resize(voice / voice.std(), length)
    return together


def _throat(hertz: Signal) -> Signal:
    return np.asarray(
        sum(strength / (1 + ((hertz - peak) / 250) ** 2) for peak, strength in COUGH_HZ)
    )


def _chord(root: float, semitones: Sequence[int], count: int) -> Signal:
    time = np.arange(count) / SAMPLE_RATE
    tones = [
        np.sin(2 * np.pi * root * 2 ** (step / 12) * number * time) / number**1.5
        for step in semitones
        for number in range(1, HARMONICS + 1)
    ]
    return np.asarray(np.sum(tones, axis=0) * np.exp(-time / 0.5))
