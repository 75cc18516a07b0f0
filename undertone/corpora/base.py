"""What every corpus adapter yields: an utterance as its corpus tells it, or a reason to refuse it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from undertone.prediction import Word


@dataclass(frozen=True)
class SourceUtterance:
    """One utterance of a corpus, its audio either in a file (`source`) or at hand (`samples`).

    Attributes:
        samples: int16, 16 kHz mono, when the corpus makes its audio itself.
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
    words: tuple[Word, ...] = ()
    split: str | None = None
    valence: float | None = None
    arousal: float | None = None
    dominance: float | None = None


@dataclass(frozen=True)
class Reject:
    """A row or file that was refused: where, and why."""

    place: str
    reason: str
