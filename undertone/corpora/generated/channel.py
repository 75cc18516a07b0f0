"""What lies between mouth and recording: a studio, or a telephone line."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, resample_poly, sosfiltfilt

SAMPLE_RATE = 16_000
Channel = Literal["studio", "telephone"]
Samples = npt.NDArray[np.float64]

_LINE_HZ = (300.0, 3400.0)
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
    line = _band_limited(samples)
    noise = _band_limited(rng.normal(size=len(samples)))
    return _codec(_with_noise(line, noise, rng.uniform(*_LINE_SNR_DB)))


def _with_noise(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    scale = np.sqrt(np.mean(samples**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return np.asarray(samples + scale * noise)


def _band_limited(samples: Samples) -> Samples:
    sections = butter(4, _LINE_HZ, btype="bandpass", fs=SAMPLE_RATE, output="sos")
    return np.asarray(sosfiltfilt(sections, samples))


def _codec(samples: Samples) -> Samples:
    """G.711 mu-law: 8 bits at 8 kHz, there and back."""
    narrow = np.clip(resample_poly(samples, 1, 2), -1, 1)
    code = np.round(np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU) * 127) / 127
    decoded = np.sign(code) * np.expm1(np.abs(code) * np.log1p(_MU)) / _MU
    return np.asarray(resample_poly(decoded, 2, 1))[: len(samples)]
