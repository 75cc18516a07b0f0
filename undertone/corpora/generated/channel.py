"""What lies between mouth and recording: a studio, or a telephone line."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
import soxr

SAMPLE_RATE = 16_000
Channel = Literal["studio", "telephone"]
Samples = npt.NDArray[np.float64]

_LINE_HZ = (300.0, 3400.0)
_LINE_RATE = 8_000
_STUDIO_SNR_DB = (35.0, 50.0)
_LINE_SNR_DB = (12.0, 24.0)
_MU = 255.0


def transmit(samples: Samples, channel: Channel, rng: np.random.Generator) -> Samples:
    """Send 16 kHz speech through a channel: noise, and on the telephone band and codec.

    Args:
        samples: float64 mono in [-1, 1].
        channel: where it was recorded.
        rng: draws the noise.

    Returns:
        As many samples.
    """
    if channel == "studio":
        return _with_noise(samples, rng.normal(size=len(samples)), rng.uniform(*_STUDIO_SNR_DB))
    line = filtered(samples, _line_response)
    noise = filtered(rng.normal(size=len(samples)), _line_response)
    return _codec(_with_noise(line, noise, rng.uniform(*_LINE_SNR_DB)))


def _with_noise(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    scale = np.sqrt(np.mean(samples**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return np.asarray(samples + scale * noise)


def filtered(samples: Samples, gain: Callable[[Samples], Samples]) -> Samples:
    """Filter 16 kHz samples without delay.

    Args:
        samples: float64 mono.
        gain: the amplitude response over frequencies in hertz.
    """
    length = 1 << len(samples).bit_length()
    response = gain(np.asarray(np.fft.rfftfreq(length, 1 / SAMPLE_RATE), np.float64))
    return np.fft.irfft(np.fft.rfft(samples, length) * response, length)[: len(samples)]


def _line_response(hertz: Samples) -> Samples:
    """A Butterworth band of fourth order, passed twice."""
    low, high = _LINE_HZ
    low_cut = 1 + (low / np.maximum(hertz, 1.0)) ** 8
    high_cut = 1 + (hertz / high) ** 8
    return np.asarray(1 / (low_cut * high_cut))


def _codec(samples: Samples) -> Samples:
    """G.711 mu-law: 8 bits at 8 kHz, there and back."""
    narrow = np.clip(soxr.resample(samples, SAMPLE_RATE, _LINE_RATE), -1, 1)
    code = np.round(np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU) * 127) / 127
    decoded = np.sign(code) * np.expm1(np.abs(code) * np.log1p(_MU)) / _MU
    wide = soxr.resample(decoded, _LINE_RATE, SAMPLE_RATE)
    return np.resize(wide, len(samples))
