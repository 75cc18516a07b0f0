"""The service over a model that only pretends, in its own process: `bentoml serve` starts it."""

import time
from dataclasses import dataclass
from pathlib import Path

from serving.service import UndertoneService, build
from undertone.config import Params
from undertone.errors import AudioError
from undertone.labels import EMOTIONS
from undertone.prediction import Modalities, Prediction, Transcript
from undertone.query import Query


@dataclass(frozen=True)
class FakePrepared:
    query: Query
    frames: int = 0


class FakePredictor:
    """Names the emotion that its weights or the context spell; some texts make it slow or fail."""

    def __init__(self, emotion: str) -> None:
        self._emotion = emotion

    @property
    def shared(self):
        return self

    def prepare(self, query):
        if query.audio == b"noise":
            raise AudioError("The recording cannot be decoded.")
        return FakePrepared(query)

    def answer(self, queries):
        return [self._answer(one.query) for one in queries]

    def _answer(self, query):
        text = query.text
        if query.language == "slow":
            time.sleep(0.3)
        if text == "wait":
            time.sleep(2.5)
        if text == "echo":
            text += f" transcribe={query.transcribe} words={query.words} language={query.language}"
        if text and text.startswith("fail"):
            raise ValueError(text)
        emotion = query.context or self._emotion
        return Prediction(
            emotion=emotion,
            confidence=1.0,
            distribution=dict.fromkeys(EMOTIONS, 0.0) | {emotion: 1.0},
            modalities=Modalities(
                audio=bool(query.audio), text=bool(text), image=bool(query.image)
            ),
            transcript=Transcript(text=text, source="given") if text else None,
            timeline=[] if query.timeline else None,
        )


class FakeService(UndertoneService):
    """`UndertoneService`, its loader replaced."""

    def load(self, bundle: Path, params: Params, onto: object = None) -> FakePredictor:
        weights = (bundle / "model.safetensors").read_text()
        if weights == "broken":
            raise OSError("truncated weights")
        return FakePredictor(weights)


Undertone = build(FakeService)
