"""Undertone at the size of profile base, with heads by chance: made to be timed."""

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoTokenizer, BertConfig

from benchmarks.serving.whisper import SEED, TEXT_ENCODER
from undertone.bundle import Bundle
from undertone.config import Engine, Params, load_params
from undertone.errors import UndertoneError
from undertone.hub import resolve
from undertone.inference import Predictor, Query
from undertone.labels import EMOTIONS
from undertone.model.config import FusedConfig
from undertone.model.fused import FusedModel
from undertone.prediction import Prediction
from undertone.speech.encoder import AcousticEncoder
from undertone.speech.listener import Listener


def settings(tokens: int, engine: Engine) -> Params:
    """Those of profile base, for one processor and as many tokens as the other side may write."""
    changes = [f"listening.max_new_tokens={tokens}", f"listening.engine={engine}"]
    return load_params(profile="base", overrides=[*changes, "listening.device=cpu"])


def untrained(whisper: Path, params: Params) -> Bundle:
    """A bundle of profile base with the real encoders' sizes."""
    torch.manual_seed(SEED)
    folder = resolve(TEXT_ENCODER)
    text = BertConfig.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    config = FusedConfig(
        labels=EMOTIONS,
        statistics_shape=AcousticEncoder.from_folder(whisper).statistics_shape,
        text_encoder=text.to_dict(),
        hidden_size=params.model.hidden_size,
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return Bundle(FusedModel(config).float().eval(), tokenizer, card="# For timing")


class Ours:
    """One worker: what a service does with a recording once it has arrived.

    Args:
        whisper: a Hugging Face Whisper.
        tokens: that it writes, at most.
        engine: of the encoder.
    """

    def __init__(self, whisper: Path, tokens: int, engine: Engine) -> None:
        params = settings(tokens, engine)
        listener = Listener(whisper, params.listening)
        self._predictor = Predictor(untrained(whisper, params), listener, params)

    def __call__(self, recording: bytes) -> Prediction:
        """Judge a recording by itself."""
        return self.together([recording], 1)[0]

    def together(self, recordings: Sequence[bytes], largest: int) -> list[Prediction]:
        """Judge recordings as a busy service does: those as long as each other together."""
        queries = [Query(recording, words=False) for recording in recordings]
        prepared = sorted(map(self._predictor.prepare, queries), key=lambda one: one.frames)
        answers = [
            answer
            for start in range(0, len(prepared), largest)
            for answer in self._predictor.answer(prepared[start : start + largest])
        ]
        for answer in answers:
            if isinstance(answer, UndertoneError):
                raise answer
        return [answer for answer in answers if isinstance(answer, Prediction)]
