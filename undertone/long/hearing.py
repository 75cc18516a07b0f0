"""The utterances of a recording, in memory one at a time."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from undertone.audio import SAMPLE_RATE, Samples
from undertone.audio.decoding import Decoding
from undertone.config import Params
from undertone.streaming import Segmenter, Spoken


class Hearing:
    """Goes through a recording and cuts it at pauses, as if it were a stream.

    Args:
        file: a recording, in any format that FFmpeg decodes; it stays open.
        params: bounds from `long` and `audio`, and where to cut from `streaming`.
        activity: tells the probability of speech in each chunk, in place of the detector.

    Raises:
        AudioError: the file is empty, over a bound or no audio.
    """

    def __init__(
        self, file: BinaryIO, params: Params, activity: Callable[[Samples], float] | None = None
    ) -> None:
        bounds = {"max_seconds": params.long.max_seconds, "max_bytes": params.long.max_bytes}
        self._decoding = Decoding(file, params.audio.model_copy(update=bounds))
        self._segmenter = Segmenter(params.streaming, activity)
        self._samples = 0

    @property
    def seconds(self) -> float:
        """How much was heard so far."""
        return self._samples / SAMPLE_RATE

    @property
    def total_seconds(self) -> float:
        """How long the recording is, as far as is known: its header may say nothing, or lie."""
        return max(self._decoding.claimed_s, self.seconds)

    def __iter__(self) -> Iterator[list[Spoken]]:
        """Yield the utterances that ended in each ten seconds: often some, in silence none.

        Raises:
            AudioError: the recording is over a bound, truncated or corrupt.
        """
        for block in self._decoding:
            self._samples += len(block)
            yield self._segmenter.push(block)
        last = self._segmenter.finish()
        yield [last] if last else []
