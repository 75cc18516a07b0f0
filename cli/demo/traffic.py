"""Callers for the demo: known voices in a quiet room, then new voices over a telephone line."""

import io
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from types import TracebackType
from typing import TYPE_CHECKING

from undertone.config import GeneratedParams
from undertone.errors import UndertoneError
from undertone.progress import track

if TYPE_CHECKING:
    from serving.client import Client

HEALTHY_SEED = 1001
DRIFTED_SEED = 2002
ANGRIER = {
    "anger": 5.0,
    "disgust": 2.0,
    "fear": 1.0,
    "happiness": 1.0,
    "neutral": 1.0,
    "sadness": 1.0,
    "surprise": 1.0,
}
TRICKLE_PAUSE_S = 1.0


@dataclass(frozen=True)
class Turn:
    """One utterance of a caller, with the emotion that it was spoken in."""

    audio: bytes
    emotion: str
    speaker: str


@dataclass(frozen=True)
class Answered:
    """What the service said to a turn, and how long it took."""

    prediction_id: str
    truth: str
    model_tag: str
    latency_ms: float


def healthy(base: GeneratedParams, speakers: set[str], count: int) -> Iterator[Turn]:
    """New sentences of known voices, `speakers`, as the model was tested on."""
    share = len(speakers) / base.speakers
    made = base.model_copy(update={"seed": HEALTHY_SEED, "clips": round(1.5 * count / share)})
    return islice(_turns(made, speakers), count)


def drifted(base: GeneratedParams, count: int) -> Iterator[Turn]:
    """Voices never heard before, angrier, over a telephone line."""
    made = base.model_copy(
        update={
            "seed": DRIFTED_SEED,
            "clips": count,
            "first_speaker": base.first_speaker + base.speakers,
            "channel": "telephone",
            "emotion_weights": ANGRIER,
        }
    )
    return _turns(made, None)


def send(client: "Client", turns: Iterable[Turn], description: str, total: int) -> list[Answered]:
    """Ask the service about each turn, one after the other."""
    return [_ask(client, turn) for turn in track(turns, description, total)]


class Trickle:
    """Keeps asking in the background, and remembers who answered and what failed.

    Args:
        client: asks the service.
        turns: asked again and again.
    """

    def __init__(self, client: "Client", turns: Iterable[Turn]) -> None:
        self.answered: list[Answered] = []
        self.failures: list[str] = []
        self._client = client
        self._turns = cycle(turns)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Trickle":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(TRICKLE_PAUSE_S):
            try:
                self.answered.append(_ask(self._client, next(self._turns)))
            except UndertoneError as error:
                self.failures.append(str(error))


def _ask(client: "Client", turn: Turn) -> Answered:
    started = time.perf_counter()
    answer = client.predict(audio=turn.audio, speaker_id=turn.speaker, consent=True)
    latency = (time.perf_counter() - started) * 1000
    return Answered(answer.prediction_id, turn.emotion, answer.model_tag, latency)


def _turns(params: GeneratedParams, speakers: set[str] | None) -> Iterator[Turn]:
    import soundfile

    from undertone.audio import SAMPLE_RATE
    from undertone.corpora.generated import generate

    for said in generate(params):
        if speakers is None or said.speaker_id in speakers:
            file = io.BytesIO()
            soundfile.write(file, said.samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
            yield Turn(file.getvalue(), said.emotion, said.speaker_id)
