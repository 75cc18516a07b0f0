"""What the field measured in speech before encoders: MFCC and prosody, as functionals of a clip."""

import numpy as np
import numpy.typing as npt

from undertone.audio import SAMPLE_RATE, clean, decode
from undertone.audio.frames import frame_power
from undertone.audio.pitch import pitches
from undertone.audio.recording import Samples
from undertone.config import AudioParams
from undertone.training.examples import Examples

WINDOW, HOP, FFT = 400, 160, 512  # 25 and 10 ms
BANDS, COEFFICIENTS = 40, 20
POINTS = (10, 50, 90)  # percentiles

Array = npt.NDArray[np.float64]


def classic(examples: Examples, audio: AudioParams) -> Array:
    """Functionals of MFCC, pitch and energy of each recording [N, D]."""
    return np.stack([describe(samples) for samples in recordings(examples, audio)])


def egemaps(examples: Examples, audio: AudioParams) -> Array:
    """eGeMAPS (Eyben et al., 2016) of each recording [N, 88]; openSMILE is non-commercial."""
    import opensmile

    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    found = [smile.process_signal(samples, SAMPLE_RATE) for samples in recordings(examples, audio)]
    return np.concatenate([table.to_numpy(np.float64) for table in found])


def recordings(examples: Examples, audio: AudioParams) -> list[Samples]:
    """Samples of each recording, cleaned as for listening."""
    files = [file for file in examples.paths("path") if file is not None]
    return [clean(decode(file, audio), audio).samples for file in files]


def describe(samples: Samples) -> Array:
    """One recording's functionals [D]."""
    coefficients = mfcc(samples)
    slopes = np.gradient(coefficients, axis=1)
    tones = 12 * np.log2(pitches(samples))
    levels = 10 * np.log10(np.maximum(frame_power(samples), 1e-12)).astype(np.float64)
    whole = np.array([len(samples) / SAMPLE_RATE, len(tones) / len(levels)])
    rows = [*coefficients, *slopes, tones, np.diff(tones), levels, np.diff(levels)]
    return np.concatenate([whole, *map(_functionals, rows)])


def mfcc(samples: Samples) -> Array:
    """Mel-frequency cepstral coefficients [COEFFICIENTS, T] (Davis and Mermelstein, 1980)."""
    from scipy.fft import dct
    from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

    filters = mel_filter_bank(FFT // 2 + 1, BANDS, 20.0, 8000.0, SAMPLE_RATE, norm="slaney")
    padded = np.pad(samples, (0, max(0, FFT - len(samples))))
    bands = spectrogram(
        padded,
        window_function(WINDOW, "hann"),
        WINDOW,
        HOP,
        fft_length=FFT,
        power=2.0,
        mel_filters=filters,
        log_mel="dB",
    )
    return np.asarray(dct(bands, axis=0, norm="ortho")[:COEFFICIENTS], np.float64)


def _functionals(values: Array) -> Array:
    if not len(values):
        return np.zeros(2 + len(POINTS))
    return np.array([values.mean(), values.std(), *np.percentile(values, POINTS)])
