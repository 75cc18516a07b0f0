"""One loudness for all recordings, and less noise where it is asked for."""

from dataclasses import replace

import numpy as np

from undertone.audio.frames import decibel
from undertone.audio.recording import SAMPLE_RATE, Recording, Samples
from undertone.config import AudioParams

BLOCK_SECONDS = 0.4
PEAK_LIMIT = 0.99


def clean(recording: Recording, params: AudioParams) -> Recording:
    """Bring a recording to `params.loudness_lufs`, denoised first if `params.denoise` says so.

    The gain stops where the peak reaches full scale: nothing is clipped.
    """
    samples = _denoised(recording.samples) if params.denoise else recording.samples
    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0:
        return recording
    wanted = 10 ** ((params.loudness_lufs - loudness(samples)) / 20)
    gain = min(wanted, PEAK_LIMIT / peak)
    return replace(recording, samples=(samples * gain).astype(np.float32))


def loudness(samples: Samples) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770-4), never below -120.

    The peak is brought to full scale before measuring and taken off after, so that the absolute
    gate of the standard (-70 LUFS) does not swallow quiet recordings. A recording shorter than
    the standard's block of 0.4 s is repeated until it fills one.
    """
    import pyloudnorm

    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0:
        return decibel(0)
    repeats = int(np.ceil(BLOCK_SECONDS * SAMPLE_RATE / len(samples)))
    meter = pyloudnorm.Meter(SAMPLE_RATE, block_size=BLOCK_SECONDS)
    measured = meter.integrated_loudness(np.tile(samples / peak, repeats))
    return max(float(measured) + decibel(peak**2), decibel(0))


def _denoised(samples: Samples) -> Samples:
    import noisereduce

    reduced = noisereduce.reduce_noise(y=samples, sr=SAMPLE_RATE, stationary=True)
    return np.asarray(reduced, np.float32)
