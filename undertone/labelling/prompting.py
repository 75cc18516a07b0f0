"""Transcripts labelled by a masked language model that is shown a few examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from undertone.calibration import softmax
from undertone.errors import ModelError
from undertone.hub import resolve
from undertone.labels import EMOTIONS

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PATTERN = "I feel {word}."
VERBALISER = {
    "anger": ("angry", "furious"),
    "boredom": ("bored", "tired"),
    "calm": ("calm", "relaxed"),
    "disgust": ("disgusted", "sick"),
    "fear": ("afraid", "scared"),
    "happiness": ("happy", "glad"),
    "neutral": ("fine", "okay"),
    "sadness": ("sad", "unhappy"),
    "surprise": ("surprised", "amazed"),
}
CONTENT_FREE = ("N/A", "")
BATCH = 32

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shot:
    """An example that the model is shown: what was said, and what was felt."""

    text: str
    emotion: str


def balanced_shots(examples: Sequence[Shot], each: int) -> list[Shot]:
    """The first `each` examples of every emotion, the emotions taking turns."""
    by_emotion = [[shot for shot in examples if shot.emotion == name] for name in EMOTIONS]
    turns = range(each)
    return [shots[turn] for turn in turns for shots in by_emotion if turn < len(shots)]


class MaskedClassifier:
    """A masked language model that fills the gap of a pattern with a word for an emotion.

    Pattern and verbaliser as in Schick & Schütze 2021, "Exploiting Cloze Questions for Few Shot
    Text Classification and Natural Language Inference" (arXiv 2001.07676); the examples stand
    before the text; and what the model would say of no text at all is divided out, as in Zhao et
    al. 2021, "Calibrate Before Use" (arXiv 2102.09690).

    Args:
        name: any `AutoModelForMaskedLM`, see `undertone.hub.resolve`.
        emotions: the labels to choose from.
        shots: examples; what does not fit the model's length is left out from the first on.
        verbaliser: words for each emotion; those of more than one token are not looked at.

    Raises:
        ModelError: there is no such model, or none of an emotion's words is one token of it.
    """

    def __init__(
        self,
        name: str,
        emotions: Sequence[str],
        shots: Sequence[Shot] = (),
        verbaliser: Mapping[str, Sequence[str]] = VERBALISER,
    ) -> None:
        self._tokenizer, self._model = _load(name)
        self._tokenizer.truncation_side = "left"
        self.emotions = tuple(emotions)
        self._words = [self._token_ids(word, verbaliser[word]) for word in emotions]
        self._context = "".join(
            f"{shot.text} {PATTERN.format(word=verbaliser[shot.emotion][0])}\n" for shot in shots
        )
        blank = softmax(self._scores(CONTENT_FREE)).mean(axis=0)
        self._prior = np.log(blank)

    def classify(self, texts: Sequence[str]) -> Array:
        """Distributions over `emotions` [N, K] of texts."""
        parts = [
            self._scores(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)
        ]
        return softmax(np.concatenate(parts) - self._prior)

    def _scores(self, texts: Sequence[str]) -> Array:
        """Log-probability of each emotion's words together, in the gap after each text [N, K]."""
        import torch

        gap = PATTERN.format(word=self._tokenizer.mask_token)
        batch = self._tokenizer(
            [f"{self._context}{text}" for text in texts],
            [gap] * len(texts),
            truncation="only_first",
            max_length=min(self._tokenizer.model_max_length, self._positions()),
            padding=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            logits = self._model(**batch).logits.log_softmax(-1)
        rows, places = torch.where(batch["input_ids"] == self._tokenizer.mask_token_id)
        last = torch.stack([places[rows == row].max() for row in range(len(texts))])
        gaps = logits[torch.arange(len(texts)), last]
        return self._together(gaps)

    def _together(self, gaps: "Tensor") -> Array:
        import torch

        columns = [gaps[:, words].logsumexp(-1) for words in self._words]
        return np.asarray(torch.stack(columns, dim=1).double().numpy())

    def _positions(self) -> int:
        return int(self._model.config.max_position_embeddings) - 2  # RoBERTa counts from 2

    def _token_ids(self, emotion: str, words: Sequence[str]) -> list[int]:
        """Tokens of the words as they stand within a sentence."""
        tokens = [self._tokenizer.encode(f" {word}", add_special_tokens=False) for word in words]
        unknown = self._tokenizer.unk_token_id
        found = [row[0] for row in tokens if len(row) == 1 and row[0] != unknown]
        if not found:
            raise ModelError(
                f"The language model has no single token for {emotion} ({', '.join(words)}). "
                "Leave the emotion out or take another model."
            )
        return found


def _load(name: str) -> tuple["PreTrainedTokenizerBase", "PreTrainedModel"]:
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    from undertone.bundle import quiet

    folder = resolve(name)
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model = AutoModelForMaskedLM.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder} is no masked language model: {error}") from error
    if tokenizer.mask_token is None:
        raise ModelError(f"{folder} has no mask token: it is no masked language model.")
    return tokenizer, model.eval()
