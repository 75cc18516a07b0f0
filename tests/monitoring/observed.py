"""Predictions as the service would keep them."""

from typing import Any

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
