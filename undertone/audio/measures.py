"""Figures of a recording as it came in, and the recordings that no one could learn from."""

import numpy as np

from undertone.audio.frames import FRAME, HOP, decibel, frame_power, framed
from undertone.audio.recording import SAMPLE_RATE, Recording, Samples
from undertone.config import AudioParams
from undertone.errors import AudioError
from undertone.prediction import AudioQuality

FULL_SCALE = 0.985
LOUDEST_PERCENT = 95
BANDWIDTH_RANGE_DB = 60
SNR_RANGE_DB = (-20.0, 100.0)


def check(recording: Recording, params: AudioParams, *, silence: bool = False) -> None:
    """Refuse what holds no usable speech.

    Silence is judged by the loudest frames, so that a quiet recording with long pauses passes.

    Args:
        recording: as decoded.
        params: the bounds.
        silence: whether a silent recording will do.

    Raises:
        AudioError: the recording is too short, silent or clipped.
    """
    if recording.seconds < params.min_seconds:
        raise AudioError(
            f"The audio is too short: {recording.seconds:.3f} s, at least "
            f"{params.min_seconds:g} s are needed (audio.min_seconds)."
        )
    level = decibel(float(np.percentile(frame_power(recording.samples), LOUDEST_PERCENT)))
    if level < params.silence_dbfs and not silence:
        raise AudioError(
            f"The audio is silent: its loudest parts reach {level:.0f} dBFS, at least "
            f"{params.silence_dbfs:g} are needed (audio.silence_dbfs)."
        )
    share = clipped_share(recording.samples)
    if share > params.clipped_share:
        raise AudioError(
            f"The audio is clipped: {share:.1%} of its samples are at full scale, at most "
            f"{params.clipped_share:.1%} may be (audio.clipped_share)."
        )


def quality(recording: Recording, speech: list[tuple[float, float]]) -> AudioQuality:
    """Figures of a recording before clean-up.

    Args:
        recording: as decoded.
        speech: where speech is, in seconds, as `speech_segments` says.
    """
    samples = recording.samples
    return AudioQuality(
        duration_s=recording.seconds,
        speech_s=sum(end - start for start, end in speech),
        sample_rate=recording.sample_rate,
        channels=recording.channels,
        loudness_lufs=recording.loudness,
        snr_db=signal_to_noise(samples, speech),
        bandwidth_hz=bandwidth(samples),
        clipped_share=clipped_share(samples),
    )


def clipped_share(samples: Samples) -> float:
    """Share of the samples at full scale, within what resampling leaves of a flat top."""
    return float((np.abs(samples) >= FULL_SCALE).mean()) if len(samples) else 0.0


def signal_to_noise(samples: Samples, speech: list[tuple[float, float]]) -> float:
    """Ratio in dB of the power that speech adds to the power between speech.

    Where fewer than four frames are clear of speech, the quietest tenth of all frames stands for
    the noise.
    """
    power = frame_power(samples)
    begin = np.arange(len(power)) * HOP / SAMPLE_RATE
    end, middle = begin + FRAME / SAMPLE_RATE, begin + FRAME / SAMPLE_RATE / 2
    spoken, clear = np.zeros(len(power), bool), np.ones(len(power), bool)
    for first, last in speech:
        spoken |= (middle >= first) & (middle < last)
        clear &= (end <= first) | (begin >= last)
    between = power[clear]
    if len(between) < 4:
        between = power[power <= np.percentile(power, 10)]
    noise = float(between.mean())
    signal = float(power[spoken].mean()) - noise if spoken.any() else 0.0
    low, high = SNR_RANGE_DB
    return float(np.clip(decibel(signal) - decibel(noise), low, high))


def bandwidth(samples: Samples) -> float:
    """Highest frequency, in Hz, that the mean spectrum holds within 60 dB of its peak."""
    spectrum = np.abs(np.fft.rfft(framed(samples) * np.hanning(FRAME), axis=1)) ** 2
    mean = spectrum.mean(axis=0)
    audible = np.flatnonzero(mean >= mean.max() * 10 ** (-BANDWIDTH_RANGE_DB / 10))
    return float(audible[-1] * SAMPLE_RATE / FRAME) if mean.max() > 0 else 0.0
