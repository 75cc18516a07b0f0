"""Predictions as the service would keep them."""

from typing import Any

import numpy as np
import pandas as pd

from undertone.prediction import AudioQuality, Modalities, Prediction


def make_prediction(emotion: str = "anger", **changes: Any) -> Prediction:
    values: dict[str, Any] = {
        "emotion": emotion,
        "confidence": 0.7,
        "distribution": {emotion: 0.7, "calm": 0.3},
        "modalities": Modalities(audio=True, text=False, image=False),
        "model_tag": "emotion:1",
        "lineage_id": "line-1",
    }
    return Prediction(**(values | changes))


def make_quality(**changes: float) -> AudioQuality:
    values: dict[str, Any] = {
        "duration_s": 2.0,
        "speech_s": 1.5,
        "sample_rate": 16_000,
        "channels": 1,
        "loudness_lufs": -23.0,
        "snr_db": 20.0,
        "bandwidth_hz": 7_200.0,
        "clipped_share": 0.0,
    }
    return AudioQuality(**(values | changes))


KNOWN = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")


def make_frame(
    rows: int,
    rng: np.random.Generator,
    *,
    anger: float = 1 / 7,
    telephone: bool = False,
    gain: float = 0.0,
) -> pd.DataFrame:
    """Predictions of a model that is right three times in four, with a row's signals."""
    mix = np.array([anger, *[(1 - anger) / 6] * 6])
    truth = rng.choice(7, rows, p=mix)
    guess = np.where(rng.random(rows) < 0.75 - 0.15 * telephone, truth, rng.integers(0, 7, rows))
    columns = {
        "speaker_id": rng.integers(0, 8, rows).astype(str),
        "true_emotion": np.array(KNOWN)[truth],
        "emotion": np.array(KNOWN)[guess],
        "confidence": rng.normal(0.7 - 0.1 * telephone, 0.1, rows).clip(0, 1),
        "snr_db": rng.normal(25 - 8 * telephone, 5, rows),
        "bandwidth_hz": rng.normal(3400 if telephone else 7200, 200, rows),
        "loudness_lufs": -23 + gain + 4 * (truth == 0) + rng.normal(0, 3, rows),
    }
    return pd.DataFrame(columns | {f"p_{name}": guess == at for at, name in enumerate(KNOWN)})
