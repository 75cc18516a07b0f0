"""How high a voice is."""

import numpy as np
import numpy.typing as npt

from undertone.audio.recording import SAMPLE_RATE, Samples

LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
FRAME = 1024  # 64 ms: nearly four periods of the lowest voice
HOP = 256
PAUSE = 0.05  # share of the loudest frame's power below which nobody speaks
VOICED = 0.6  # correlation of a frame with itself one period later
NEARLY = 0.9  # a shorter period wins if it fits nearly as well as the best

Floats = npt.NDArray[np.float64]


def pitch(samples: Samples) -> float:
    """Median fundamental frequency of the voiced frames in Hz, NaN where there is none.

    Args:
        samples: float32 [time], 16 kHz mono.
    """
    found = pitches(samples)
    return float(np.median(found)) if len(found) else float("nan")


def pitches(samples: Samples) -> Floats:
    """Fundamental frequency of each voiced frame in Hz [frames], in the order of time.

    A frame's period is where its autocorrelation, divided by that of the window, peaks first and
    high (Boersma 1993, "Accurate short-term analysis of the fundamental frequency").

    Args:
        samples: float32 [time], 16 kHz mono.
    """
    correlation = _correlation(_loud_frames(samples))
    best = correlation.max(axis=1, initial=0.0)
    voiced = correlation[best > VOICED]
    within = voiced[:, 1:-1]
    peaks = (within >= voiced[:, :-2]) & (within >= voiced[:, 2:])
    high = peaks & (within > NEARLY * best[best > VOICED, None])
    periods = _shortest_lag() + 1 + high[high.any(axis=1)].argmax(axis=1)
    return np.asarray(SAMPLE_RATE / periods)


def _shortest_lag() -> int:
    return int(SAMPLE_RATE / HIGHEST_HZ)


def _loud_frames(samples: Samples) -> Floats:
    padded = np.pad(samples.astype(np.float64), (0, max(0, FRAME - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    power = frames.var(axis=1)
    return np.asarray(frames[(power > PAUSE * power.max()) & (power > 0)])


def _correlation(frames: Floats) -> Floats:
    """Normalised autocorrelation of frames [N, FRAME] at the lags of a voice [N, lags]."""
    window = np.hanning(FRAME)
    centred = (frames - frames.mean(axis=1, keepdims=True)) * window
    lags = slice(_shortest_lag(), int(SAMPLE_RATE / LOWEST_HZ) + 1)
    return np.asarray((_autocorrelation(centred) / _autocorrelation(window))[..., lags])


def _autocorrelation(values: Floats) -> Floats:
    power = np.abs(np.fft.rfft(values, 2 * FRAME)) ** 2
    whole = np.fft.irfft(power)[..., :FRAME]
    return np.asarray(whole / whole[..., :1])
