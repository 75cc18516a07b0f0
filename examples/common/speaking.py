"""Sentences spoken in an emotion by the voices of the generated corpus, to try things on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from undertone.corpora.generated.clips import plan, speak
from undertone.corpora.generated.espeak import Espeak

Line = tuple[str, str]
Pcm = npt.NDArray[np.int16]

SEED = 11


def say(number: int, lines: Sequence[Line]) -> list[Pcm]:
    """Sentences by one speaker, int16 at 16 kHz each.

    Args:
        number: of the generated corpus's speaker.
        lines: what is said, in words that the bundled Whisper knows, and in which emotion.
    """
    espeak = Espeak()
    return [_said(espeak, number, *line) for line in lines]


def _said(espeak: Espeak, number: int, text: str, emotion: str) -> Pcm:
    planned = plan(len(text), SEED, emotion, number, "studio")
    return np.asarray(speak(espeak, replace(planned, text=text)).samples, np.int16)
