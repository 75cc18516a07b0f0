"""What a line does to speech: filters, noise at a level, and the telephone."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from undertone.audio.recording import SAMPLE_RATE

Signal = npt.NDArray[np.float64]

LINE_HZ = (300.0, 3400.0)
LINE_RATE = 8_000
MU = 255.0


def filtered(samples: Signal, gain: Callable[[Signal], Signal]) -> Signal:
    """Filter 16 kHz samples without delay.

    Args:
        samples: float64 mono.
        gain: the amplitude response over frequencies in hertz.
    """
    length = 1 << len(samples).bit_length()
    response = gain(np.asarray(np.fft.rfftfreq(length, 1 / SAMPLE_RATE), np.float64))
    return np.fft.irfft(np.fft.rfft(samples, length) * response, length)[: len(samples)]


def with_noise(samples: Signal, noise: Signal, snr_db: float) -> Signal:
    """Samples with as many of noise added, at a signal-to-noise ratio over the whole length."""
    scale = np.sqrt(np.mean(samples**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return np.asarray(samples + scale * noise)


def telephone_band(samples: Signal) -> Signal:
    """300 to 3400 Hz of 16 kHz samples: a Butterworth band of fourth order, passed twice."""
    return filtered(samples, _line_response)


def mu_law(samples: Signal) -> Signal:
    """16 kHz samples through G.711 mu-law, 8 bits at 8 kHz, there and back."""
    import soxr

    narrow = np.clip(soxr.resample(samples, SAMPLE_RATE, LINE_RATE), -1, 1)
    code = np.round(np.sign(narrow) * np.log1p(MU * np.abs(narrow)) / np.log1p(MU) * 127) / 127
    decoded = np.sign(code) * np.expm1(np.abs(code) * np.log1p(MU)) / MU
    wide = soxr.resample(decoded, LINE_RATE, SAMPLE_RATE)
    return np.resize(wide, len(samples))


def telephone(samples: Signal) -> Signal:
    """16 kHz samples through a telephone line: its band, then its codec."""
    return mu_law(telephone_band(samples))


def _line_response(hertz: Signal) -> Signal:
    low, high = LINE_HZ
    low_cut = 1 + (low / np.maximum(hertz, 1.0)) ** 8
    high_cut = 1 + (hertz / high) ** 8
    return np.asarray(1 / (low_cut * high_cut))
