"""Sentences spoken in an emotion by the voices of the generated corpus, to try things on."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from undertone.corpora.generated.clips import plan, speak
from undertone.corpora.generated.espeak import Espeak

Pcm = npt.NDArray[np.int16]

SEED = 11


class Voice:
    """One speaker on a telephone.

    Args:
        espeak: the one instance of the process.
        number: of the generated corpus's speaker.
    """

    def __init__(self, espeak: Espeak, number: int) -> None:
        self._espeak = espeak
        self._number = number

    def say(self, text: str, emotion: str) -> Pcm:
        """A sentence in words that the bundled Whisper knows, int16 at 16 kHz."""
        planned = plan(len(text), SEED, emotion, self._number, "telephone")
        samples = speak(self._espeak, replace(planned, text=text)).samples
        return np.asarray(samples, np.int16)
