"""What every corpus adapter yields: an utterance as its corpus tells it, or why it is refused."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from undertone.config import CorpusParams
from undertone.prediction import Word


@dataclass(frozen=True)
class SourceUtterance:
    """One utterance of a corpus, its audio either in a file (`source`) or at hand (`samples`).

    Attributes:
        speaker_id: a speaker that the corpus does not tell apart stands for themselves: then it
            is the utterance's own id.
        samples: int16, 16 kHz mono, when the corpus makes its audio itself.
        context: what was said before it in its dialogue, newest last, as `Speaker: words` lines.
        words: word times, in seconds, where the corpus knows them.
        split: the corpus's own split, where it has one.
    """

    utterance_id: str
    corpus: str
    speaker_id: str
    language: str
    emotion: str
    source: Path | None = None
    samples: npt.NDArray[np.int16] | None = None
    text: str | None = None
    context: str | None = None
    words: tuple[Word, ...] = ()
    image: Path | None = None
    split: str | None = None
    valence: float | None = None
    arousal: float | None = None
    dominance: float | None = None

    @property
    def place(self) -> str:
        """Where it stands, for the list of rejects."""
        return str(self.source or self.utterance_id)


@dataclass(frozen=True)
class Reject:
    """A row or file that was refused: where, and why."""

    place: str
    reason: str


Item = SourceUtterance | Reject
Adapter = Callable[[CorpusParams], Iterable[Item]]
