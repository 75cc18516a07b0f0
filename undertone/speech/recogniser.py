"""Whisper's decoder on encoder states that were computed elsewhere."""

from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens
from numpy.typing import NDArray

from undertone.config import ListeningParams
from undertone.errors import ModelError
from undertone.prediction import Word
from undertone.speech.conversion import converted

MAX_TOKENS = 448


class Recogniser:
    """Turns the encoder's states of one window into words.

    faster-whisper brings tokenizer, prompt and word alignment; its own encoder is never run.

    Args:
        folder: a Hugging Face Whisper with its decoder.
        params: beam, language, quantization and device.

    Raises:
        ModelError: the folder cannot be converted, or not be run as `params` asks.
    """

    def __init__(self, folder: Path, params: ListeningParams) -> None:
        self._params = params
        try:
            self._whisper = WhisperModel(
                str(converted(folder, params.compute_type)),
                device=params.device,
                compute_type=params.compute_type,
                cpu_threads=1,
                local_files_only=True,
            )
        except ValueError as error:
            raise ModelError(
                f"{folder} does not run with listening.device={params.device} and "
                f"listening.compute_type={params.compute_type}: {error}"
            ) from error
        multilingual = self._whisper.model.is_multilingual
        self.language = params.language if multilingual else "en"
        self._tokenizer = Tokenizer(
            self._whisper.hf_tokenizer, multilingual, task="transcribe", language=self.language
        )
        self._suppressed = list(get_suppressed_tokens(self._tokenizer, [-1]))

    def write(self, states: NDArray[np.float32], frames: int) -> tuple[str, list[Word]]:
        """Transcribe one window.

        Args:
            states: the encoder's last, normed states [T, D].
            frames: real mel frames of the window, at most 2·T.

        Returns:
            The text, and its words timed from the window's start.
        """
        memory = self._memory(states)
        prompt = self._whisper.get_prompt(self._tokenizer, [], without_timestamps=True)
        answer = self._whisper.model.generate(
            memory,
            [prompt],
            beam_size=self._params.beam_size,
            # CTranslate2 writes half of max_length at most, whatever the prompt leaves of it.
            max_length=min(2 * self._params.max_new_tokens, MAX_TOKENS),
            suppress_tokens=self._suppressed,
        )[0]
        tokens = [token for token in answer.sequences_ids[0] if token < self._tokenizer.eot]
        if not tokens:
            return "", []
        timed = self._whisper.find_alignment(self._tokenizer, [tokens], memory, frames)[0]
        return self._tokenizer.decode(tokens).strip(), [_word(entry) for entry in timed]

    def _memory(self, states: NDArray[np.float32]) -> ctranslate2.StorageView:
        # CTranslate2 takes a second axis as long as the mel filters for features, not states.
        if len(states) == self._whisper.model.n_mels:
            raise ValueError(f"{len(states)} states cannot be told from {len(states)} mel filters.")
        return ctranslate2.StorageView.from_array(np.ascontiguousarray(states[None]))


def _word(entry: dict[str, object]) -> Word:
    return Word.model_validate({**entry, "word": str(entry["word"]).strip()})
