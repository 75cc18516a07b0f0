"""Utterances of a stream, as they end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from undertone.audio import SAMPLE_RATE, Samples
from undertone.config import StreamingParams
from undertone.streaming.activity import CHUNK, CHUNK_S, SILENCE, SPEECH, SpeechActivity

QUIET_CHUNKS = 7  # over which the quietest point is looked for
EARLIEST_CUT = 0.5  # of the longest utterance


@dataclass(frozen=True)
class Spoken:
    """A stretch of a stream that holds one utterance.

    Attributes:
        samples: float32 [time], 16 kHz mono, what was heard around the speech included.
        start: of the samples, in seconds of the stream.
        speech_s: seconds of speech in it.
    """

    samples: Samples
    start: float
    speech_s: float

    @property
    def end(self) -> float:
        """Of the samples, in seconds of the stream."""
        return self.start + len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True)
class _Chunk:
    samples: Samples
    probability: float

    @property
    def speech(self) -> bool:
        return self.probability >= SPEECH


class Segmenter:
    """Cuts a stream into utterances; where it was cut into frames does not matter.

    An utterance ends with a pause, and one that grows too long at its quietest point. What is
    kept is the utterance that is being spoken, never more.

    Attributes:
        speaking: whether an utterance has begun and not ended.

    Args:
        params: how long pauses, utterances and what is kept around them are.
        activity: tells the probability of speech in each chunk.
    """

    def __init__(
        self, params: StreamingParams, activity: Callable[[Samples], float] | None = None
    ) -> None:
        self._activity = activity or SpeechActivity()
        self._pause = _chunks(params.pause_seconds)
        self._padding = _chunks(params.padding_seconds)
        self._longest = _chunks(params.longest_seconds)
        self._shortest = _chunks(params.shortest_seconds)
        self._rest = np.zeros(0, np.float32)
        self._kept: list[_Chunk] = []
        self._first = 0  # number of the first chunk that is kept
        self.speaking = False
        self._silent = 0  # chunks since speech was last heard, while speaking

    @property
    def seconds(self) -> float:
        """How much of the stream was heard."""
        return (self._first + len(self._kept)) * CHUNK_S

    @property
    def spoken_s(self) -> float:
        """Seconds of speech in the utterance that is being spoken."""
        return _speech_s(self._kept) if self.speaking else 0.0

    @property
    def current(self) -> Spoken | None:
        """The utterance that is being spoken, so far."""
        return self._spoken(len(self._kept)) if self.speaking else None

    def push(self, samples: Samples) -> list[Spoken]:
        """Hear the next samples.

        Args:
            samples: float32 [time], 16 kHz mono, as many as there are.

        Returns:
            Utterances that ended in them.
        """
        given = np.concatenate([self._rest, samples])
        whole = len(given) - len(given) % CHUNK
        self._rest = given[whole:]
        ended = [self._hear(given[begin : begin + CHUNK]) for begin in range(0, whole, CHUNK)]
        return [utterance for utterance in ended if utterance]

    def finish(self) -> Spoken | None:
        """The stream is over: the utterance that was being spoken, if any, ends."""
        ended = self._hear(self._rest) if len(self._rest) else None
        self._rest = self._rest[:0]
        if ended or not self.speaking:
            return ended
        return self._end(len(self._kept))

    def _hear(self, samples: Samples) -> Spoken | None:
        probability = self._activity(np.pad(samples, (0, CHUNK - len(samples))))
        self._kept.append(_Chunk(samples, probability))
        if not self.speaking:
            self.speaking = probability >= SPEECH
            if not self.speaking:
                self._forget(len(self._kept) - self._padding)
            return None
        self._count_silence(probability)
        if self._silent > self._pause:
            return self._end(len(self._kept) - max(0, self._silent - self._padding))
        if len(self._kept) >= self._longest:
            return self._cut()
        return None

    def _count_silence(self, probability: float) -> None:
        if probability >= SPEECH:
            self._silent = 0
        elif probability < SILENCE or self._silent:
            self._silent += 1

    def _end(self, end: int) -> Spoken | None:
        ended = self._spoken(end)
        self.speaking, self._silent = False, 0
        self._forget(max(end, len(self._kept) - self._padding))
        return self._if_long_enough(ended)

    def _cut(self) -> Spoken | None:
        """End an utterance at its quietest point; it goes on as another."""
        power = [float(np.square(chunk.samples).mean()) for chunk in self._kept]
        around = np.convolve(power, np.ones(QUIET_CHUNKS), "valid")
        earliest = int(EARLIEST_CUT * len(around))
        place = earliest + int(around[earliest:].argmin()) + QUIET_CHUNKS // 2
        ended = self._spoken(place)
        self._forget(place)
        self._silent = min(self._silent, len(self._kept))
        return self._if_long_enough(ended)

    def _spoken(self, end: int) -> Spoken:
        kept = self._kept[:end]
        return Spoken(
            samples=np.concatenate([chunk.samples for chunk in kept]),
            start=self._first * CHUNK_S,
            speech_s=_speech_s(kept),
        )

    def _if_long_enough(self, ended: Spoken) -> Spoken | None:
        return ended if ended.speech_s >= self._shortest * CHUNK_S else None

    def _forget(self, count: int) -> None:
        if count > 0:
            del self._kept[:count]
            self._first += count


def _speech_s(chunks: Sequence[_Chunk]) -> float:
    return sum(chunk.speech for chunk in chunks) * CHUNK_S


def _chunks(seconds: float) -> int:
    return max(1, ceil(seconds / CHUNK_S))
