"""How loud a recording sounds."""

import numpy as np
import numpy.typing as npt

from undertone.audio.frames import decibel

BLOCK_SECONDS = 0.4


def loudness(samples: npt.NDArray[np.float32], rate: int) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770-4), never below -120.

    The peak is brought to full scale before measuring and taken off after, so that the absolute
    gate of the standard (-70 LUFS) does not swallow quiet recordings. A recording shorter than
    the standard's block of 0.4 s is repeated until it fills one.
    """
    import pyloudnorm

    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0:
        return decibel(0)
    repeats = int(np.ceil(BLOCK_SECONDS * rate / len(samples)))
    meter = pyloudnorm.Meter(rate, block_size=BLOCK_SECONDS)
    measured = meter.integrated_loudness(np.tile(samples / peak, repeats))
    return max(float(measured) + decibel(peak**2), decibel(0))
