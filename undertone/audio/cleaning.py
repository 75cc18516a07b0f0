"""One loudness for all recordings, and less noise where it is asked for."""

from dataclasses import replace

import numpy as np

from undertone.audio.recording import SAMPLE_RATE, Recording, Samples
from undertone.config import AudioParams

PEAK_LIMIT = 0.99


def clean(recording: Recording, params: AudioParams) -> Recording:
    """Bring a recording to `params.loudness_lufs`, denoised first if `params.denoise` says so.

    The gain stops where the peak reaches full scale: nothing is clipped.
    """
    if params.denoise:
        recording = replace(recording, samples=_denoised(recording.samples))
    peak = float(np.abs(recording.samples).max(initial=0.0))
    if peak == 0:
        return recording
    wanted = 10 ** ((params.loudness_lufs - recording.loudness) / 20)
    gain = min(wanted, PEAK_LIMIT / peak)
    return replace(recording, samples=(recording.samples * gain).astype(np.float32))


def _denoised(samples: Samples) -> Samples:
    import noisereduce

    reduced = noisereduce.reduce_noise(y=samples, sr=SAMPLE_RATE, stationary=True)
    return np.asarray(reduced, np.float32)
