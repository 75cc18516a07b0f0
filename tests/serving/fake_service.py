"""The service over a model that only pretends, in its own process: `bentoml serve` starts it."""

import time
from pathlib import Path

from serving.service import UndertoneService, build
from undertone.config import Params
from undertone.errors import AudioError
from undertone.labels import EMOTIONS
from undertone.prediction import Modalities, Prediction, Transcript


class FakePredictor:
    """Names the emotion that its weights or the context spell; some texts make it slow or fail."""

    def __init__(self, emotion: str) -> None:
        self._emotion = emotion

    def predict(self, audio, text=None, image=None, *, context=None, timeline=False):
        if text == "wait":
            time.sleep(2.5)
        if text and text.startswith("fail"):
            raise ValueError(text)
        if audio == b"noise":
            raise AudioError("The recording cannot be decoded.")
        emotion = context or self._emotion
        return Prediction(
            emotion=emotion,
            confidence=1.0,
            distribution=dict.fromkeys(EMOTIONS, 0.0) | {emotion: 1.0},
            modalities=Modalities(audio=bool(audio), text=bool(text), image=bool(image)),
            transcript=Transcript(text=text, source="given") if text else None,
            timeline=[] if timeline else None,
        )


class FakeService(UndertoneService):
    """`UndertoneService`, its loader replaced."""

    def load(self, bundle: Path, params: Params) -> FakePredictor:
        weights = (bundle / "model.safetensors").read_text()
        if weights == "broken":
            raise OSError("truncated weights")
        return FakePredictor(weights)


Undertone = build(FakeService)
