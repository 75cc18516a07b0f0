"""Figures of the audio itself, measured as the service measures live traffic."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from undertone.audio import decode, quality, speech_segments
from undertone.config import AudioParams
from undertone.progress import track

SIGNALS = ("snr_db", "bandwidth_hz", "loudness_lufs", "clipped_share", "duration_s", "speech_s")


def measure_signals(recordings: Sequence[Path | None], params: AudioParams) -> pd.DataFrame:
    """Measure each utterance's recording: the drift gate's reference for signals.

    Args:
        recordings: [N] files, or none where an utterance has none.
        params: the bounds on what is decoded.

    Returns:
        [N, 6] in the order of `recordings`: SNR in dB, bandwidth in Hz, loudness in LUFS, share of
        clipped samples, seconds, seconds of speech; NaN for utterances without audio.
    """
    measured = [_measure(file, params) for file in track(recordings, "measuring audio")]
    return pd.DataFrame(measured, columns=list(SIGNALS), dtype="float64")


def _measure(file: Path | None, params: AudioParams) -> dict[str, float]:
    if file is None:
        return {}
    recording = decode(file, params)
    figures = quality(recording, speech_segments(recording.samples))
    return figures.model_dump(include=set(SIGNALS))
