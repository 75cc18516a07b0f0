"""A service that hears with a real Whisper and feels by words alone: `bentoml serve` starts it."""

from pathlib import Path

from serving.models import load_predictor
from serving.service import UndertoneService, build
from undertone.config import Params
from undertone.dimensions import derive
from undertone.labels import EMOTIONS
from undertone.prediction import Prediction

SURE = 0.84
TELLING = {
    "anger": "furious angry outraged useless unfair dishonest rude lying",
    "disgust": "sick foul revolting mouldy slimy",
    "fear": "afraid frightened terrified worried dangerous",
    "happiness": "happy thrilled delighted wonderful perfect thank love",
    "sadness": "sad lonely heartbroken hopeless disappointed miss",
    "surprise": "astonished amazed unexpected incredible",
}
EMOTION_OF = {word: emotion for emotion, words in TELLING.items() for word in words.split()}


class WordedPredictor:
    """A predictor whose emotion is that of the first telling word, neutral without one."""

    def __init__(self, real):
        self._real = real
        self.prepare = real.prepare

    @property
    def shared(self):
        return self

    def answer(self, queries):
        return [
            _felt(one) if isinstance(one, Prediction) else one for one in self._real.answer(queries)
        ]


def _felt(said):
    words = (said.transcript.text if said.transcript else "").lower().split()
    emotion = next((EMOTION_OF[word] for word in words if word in EMOTION_OF), "neutral")
    rest = (1 - SURE) / (len(EMOTIONS) - 1)
    distribution = dict.fromkeys(EMOTIONS, rest) | {emotion: SURE}
    return said.model_copy(
        update={
            "emotion": "unknown" if said.unknown else emotion,
            "confidence": SURE,
            "distribution": distribution,
            "dimensions": derive(distribution),
        }
    )


class WordedService(UndertoneService):
    """`UndertoneService`, its loader's predictor wrapped."""

    def load(self, bundle: Path, params: Params, onto: object = None) -> WordedPredictor:
        return WordedPredictor(load_predictor(bundle, params))


Undertone = build(WordedService)
