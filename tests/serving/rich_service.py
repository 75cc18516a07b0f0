"""A service whose model tells all there is to tell: `bentoml serve` starts it."""

from dataclasses import dataclass
from pathlib import Path

from serving.service import UndertoneService, build
from undertone.config import Params
from undertone.errors import AudioError
from undertone.prediction import (
    AudioQuality,
    Dimensions,
    Modalities,
    Prediction,
    Segment,
    Transcript,
    Word,
)
from undertone.query import Query

WAV_HEADER_BYTES = 44
EARLY = {"anger": 0.7, "fear": 0.2, "neutral": 0.1}
LATE = {"anger": 0.1, "fear": 0.2, "neutral": 0.7}
WHOLE = {"anger": 0.6, "fear": 0.2, "neutral": 0.2}


@dataclass(frozen=True)
class Prepared:
    query: Query
    frames: int = 0


class RichPredictor:
    """Hears two angry words and a neutral one in whatever is no silence."""

    @property
    def shared(self):
        return self

    def prepare(self, query):
        if query.text == "fail":
            raise AudioError("The recording cannot be decoded.")
        return Prepared(query)

    def answer(self, queries):
        return [self._answer(one.query) for one in queries]

    def _answer(self, query):
        said = query.text or "not again please"
        silent = bool(query.audio) and not any(query.audio[WAV_HEADER_BYTES:])
        return Prediction(
            emotion="unknown" if silent else "anger",
            unknown="no speech" if silent else None,
            confidence=0.6,
            distribution=WHOLE,
            dimensions=Dimensions(valence=-0.5, arousal=0.6, dominance=0.2, source="derived"),
            by_modality={"audio": EARLY, "text": LATE},
            modalities=Modalities(audio=bool(query.audio), text=True, image=bool(query.image)),
            transcript=Transcript(text=said, words=_words(said), language="en"),
            timeline=[
                Segment(start=0, end=1.2, emotion="anger", confidence=0.7, distribution=EARLY),
                Segment(start=1.2, end=2, emotion="neutral", confidence=0.7, distribution=LATE),
            ],
            audio=AudioQuality(
                duration_s=2,
                speech_s=0 if silent else 1.6,
                sample_rate=16_000,
                channels=1,
                loudness_lufs=-20,
                snr_db=25,
                bandwidth_hz=7_000,
                clipped_share=0,
            ),
            ood_score=2 if silent else 0.4,
            timings_ms={"listen": 12.0},
        )


def _words(said: str) -> list[Word]:
    times = ((0.1, 0.4, "anger"), (0.5, 1.1, "anger"), (1.3, 1.9, "neutral"))
    return [
        Word(word=word, start=start, end=end, emotion=emotion)
        for word, (start, end, emotion) in zip(said.split(), times, strict=False)
    ]


class RichService(UndertoneService):
    """`UndertoneService`, its loader replaced."""

    def load(self, bundle: Path, params: Params, onto: object = None) -> RichPredictor:
        return RichPredictor()


Undertone = build(RichService)
