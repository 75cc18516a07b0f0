"""Sounds made on the fly, good and bad."""

import io
from typing import Any

import numpy as np
import soundfile

Array = np.ndarray[Any, np.dtype[np.float64]]


def voice(seconds: float = 1.0, rate: int = 16_000, level: float = 0.2) -> Array:
    """A buzz with a rising pitch and syllables: voiced enough for levels, not for a recogniser."""
    time = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(120 + 40 * time) / rate
    buzz = sum(np.sin(k * phase) / k for k in range(1, 12))
    return np.asarray(level * buzz * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * time)) / 2)


def file_of(samples: Array, rate: int = 16_000, container: str = "WAV", **kwargs: Any) -> bytes:
    """The bytes of an audio file; `samples` [time] or [time, channels]."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=container, **kwargs)
    return buffer.getvalue()
