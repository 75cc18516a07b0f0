"""Levels over short frames: what silence, signal-to-noise ratio and bandwidth are read from."""

import numpy as np
import numpy.typing as npt

FRAME = 512  # 32 ms
HOP = 256
FLOOR = 1e-12  # -120 dBFS

Levels = npt.NDArray[np.float32]


def framed(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Overlapping frames [frames, FRAME]; a recording shorter than one is padded with zeros."""
    padded = np.pad(samples, (0, max(0, FRAME - len(samples))))
    return np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]


def frame_power(samples: npt.NDArray[np.float32]) -> Levels:
    """Mean square of each frame, its own mean (a DC offset) taken out. Shape [frames]."""
    power: Levels = framed(samples).var(axis=1, dtype=np.float32)
    return power


def decibel(power: float) -> float:
    """Power in dB of full scale, never below -120."""
    return float(10 * np.log10(max(power, FLOOR)))
