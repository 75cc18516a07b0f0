"""Whisper's decoder on encoder states that were computed elsewhere."""

from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens
from numpy.typing import NDArray

from undertone.audio import SAMPLE_RATE
from undertone.config import ListeningParams
from undertone.errors import ModelError, UndertoneError
from undertone.prediction import Word
from undertone.speech.conversion import converted
from undertone.speech.features import HOP, grid_frames

MAX_TOKENS = 448
FIRST_TOKENS, TOKENS_A_SECOND = 12, 10

Said = tuple[str, list[Word]]
"""What was said in a window, and its words timed from the window's start."""


class Recogniser:
    """Turns the encoder's states of windows into words.

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
        self._tokenizers: dict[str, Tokenizer] = {}
        self._suppressed = list(get_suppressed_tokens(self._tokenizer(params.language), [-1]))

    def language_of(self, asked: str | None) -> str:
        """The language that is written where `asked` is spoken.

        Raises:
            UndertoneError: this Whisper does not know it.
        """
        if not self._whisper.model.is_multilingual:
            return "en"
        language = asked or self._params.language
        self._tokenizer(language)
        return language

    def write(
        self,
        states: NDArray[np.float32],
        frames: Sequence[int],
        *,
        timed: Sequence[bool],
        language: str,
    ) -> list[Said]:
        """Transcribe windows of one length.

        Args:
            states: the encoder's last, normed states [B, T, D].
            frames: real mel frames of each window [B], at most 2·T; all end in one half second.
            timed: of which the times of words are wanted [B].
            language: spoken in all of them, from `language_of`.

        Returns:
            The text of each, and its words timed from the window's start.
        """
        tokenizer = self._tokenizer(language)
        prompt = self._whisper.get_prompt(tokenizer, [], without_timestamps=True)
        answers = self._whisper.model.generate(
            self._memory(states),
            [prompt] * len(states),
            beam_size=self._params.beam_size,
            # CTranslate2 writes half of max_length at most, whatever the prompt leaves of it.
            max_length=min(2 * self._most_tokens(frames), MAX_TOKENS),
            suppress_tokens=self._suppressed,
        )
        said = [
            [token for token in answer.sequences_ids[0] if token < tokenizer.eot]
            for answer in answers
        ]
        words = self._align(tokenizer, states, frames, said, timed)
        return [
            (tokenizer.decode(tokens).strip(), words.get(place, []))
            for place, tokens in enumerate(said)
        ]

    def _most_tokens(self, frames: Sequence[int]) -> int:
        """More than the fastest speaker says: a decoder that repeats itself is stopped there."""
        seconds = grid_frames(max(frames)) * HOP / SAMPLE_RATE
        return min(self._params.max_new_tokens, FIRST_TOKENS + round(TOKENS_A_SECOND * seconds))

    def _align(
        self,
        tokenizer: Tokenizer,
        states: NDArray[np.float32],
        frames: Sequence[int],
        said: Sequence[list[int]],
        timed: Sequence[bool],
    ) -> dict[int, list[Word]]:
        """The words of the windows in which something was said, by their place."""
        places = [place for place, tokens in enumerate(said) if tokens and timed[place]]
        if not places:
            return {}
        aligned = self._whisper.find_alignment(
            tokenizer,
            [said[place] for place in places],
            self._memory(states[places]),
            [frames[place] for place in places],
        )
        return {
            place: [_word(entry) for entry in entries]
            for place, entries in zip(places, aligned, strict=True)
        }

    def _tokenizer(self, language: str) -> Tokenizer:
        if language not in self._tokenizers:
            multilingual = self._whisper.model.is_multilingual
            try:
                self._tokenizers[language] = Tokenizer(
                    self._whisper.hf_tokenizer, multilingual, task="transcribe", language=language
                )
            except ValueError as error:
                raise UndertoneError(
                    f"Whisper knows no language {language!r:.20}. Name one by its code: en, de, …"
                ) from error
        return self._tokenizers[language]

    def _memory(self, states: NDArray[np.float32]) -> ctranslate2.StorageView:
        # CTranslate2 takes a second axis as long as the mel filters for features, not states.
        if (length := states.shape[1]) == self._whisper.model.n_mels:
            raise ValueError(f"{length} states cannot be told from {length} mel filters.")
        return ctranslate2.StorageView.from_array(np.ascontiguousarray(states))


def _word(entry: dict[str, object]) -> Word:
    return Word.model_validate({**entry, "word": str(entry["word"]).strip()})
