"""Whether someone speaks, told while they do (Silero VAD, as `undertone.audio.speech` of files)."""

import numpy as np

from undertone.audio import SAMPLE_RATE, Samples

CHUNK = 512  # samples that the detector judges at once
CHUNK_S = CHUNK / SAMPLE_RATE
CONTEXT = 64
MEMORY = (1, 1, 128)
SPEECH = 0.5
SILENCE = 0.35


class SpeechActivity:
    """The detector and what it remembers of one stream: the same figures as over the whole file."""

    def __init__(self) -> None:
        from faster_whisper.vad import get_vad_model

        self._session = get_vad_model().session
        self._context = np.zeros(CONTEXT, np.float32)
        self._hidden = self._cell = np.zeros(MEMORY, np.float32)

    def __call__(self, chunk: Samples) -> float:
        """Probability of speech in the next chunk of a stream.

        Args:
            chunk: float32 [CHUNK], 16 kHz mono.
        """
        given = {
            "input": np.concatenate([self._context, chunk])[None],
            "h": self._hidden,
            "c": self._cell,
        }
        probability, self._hidden, self._cell = self._session.run(None, given)
        self._context = chunk[-CONTEXT:]
        return float(probability.item())
