"""Figures of the audio itself, measured as the service measures live traffic."""

from pathlib import Path

import pandas as pd

from undertone.audio import decode, quality, speech_segments
from undertone.config import AudioParams
from undertone.progress import track

SIGNALS = ("snr_db", "bandwidth_hz", "loudness_lufs", "clipped_share", "duration_s", "speech_s")


def measure_signals(corpus: Path, rows: pd.DataFrame, params: AudioParams) -> pd.DataFrame:
    """Measure each utterance's recording: the drift gate's reference for signals.

    Args:
        corpus: a corpus folder.
        rows: [N] manifest rows of it.
        params: the bounds on what is decoded.

    Returns:
        [N, 6] in the order of `rows`: SNR in dB, bandwidth in Hz, loudness in LUFS, share of
        clipped samples, seconds, seconds of speech; NaN for utterances without audio.
    """
    paths = rows["path"].tolist()
    measured = [_measure(corpus, path, params) for path in track(paths, "measuring audio")]
    return pd.DataFrame(measured, columns=list(SIGNALS), dtype="float64")


def _measure(corpus: Path, path: str | None, params: AudioParams) -> dict[str, float]:
    if not isinstance(path, str):
        return {}
    recording = decode(corpus / path, params)
    return quality(recording, speech_segments(recording.samples)).model_dump(include=set(SIGNALS))
