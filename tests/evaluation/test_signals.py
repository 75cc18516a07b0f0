from pathlib import Path

import numpy as np
import pytest
import soundfile

from undertone.config import AudioParams
from undertone.evaluation.signals import SIGNALS, measure_signals


def test_measures_each_recording_and_leaves_text_empty(tmp_path: Path) -> None:
    time = np.arange(16_000) / 16_000
    for name, level in (("quiet", 0.01), ("loud", 0.5)):
        soundfile.write(tmp_path / f"{name}.flac", level * np.sin(2 * np.pi * 440 * time), 16_000)
    found = measure_signals([tmp_path / "quiet.flac", None, tmp_path / "loud.flac"], AudioParams())
    assert tuple(found.columns) == SIGNALS
    assert found["duration_s"].tolist() == pytest.approx([1.0, float("nan"), 1.0], nan_ok=True)
    assert found["loudness_lufs"][2] - found["loudness_lufs"][0] == pytest.approx(34, abs=0.1)
    assert found.loc[1].isna().all()
