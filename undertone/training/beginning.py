"""The untrained bundle that fitting starts from."""

import json
from collections.abc import Sequence
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModel,
    AutoTokenizer,
    BertConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from undertone.bundle import Bundle, quiet
from undertone.config import Params
from undertone.hub import resolve
from undertone.model.config import FusedConfig
from undertone.model.fused import FusedModel
from undertone.speech.encoder import AcousticEncoder
from undertone.training.examples import Examples
from undertone.training.tokenizer import train_tokenizer

SCRATCH = "scratch"
SCRATCH_ENCODER: dict[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 128,
    "max_position_embeddings": 160,
}


def begin(train: Examples, params: Params, labels: Sequence[str]) -> Bundle:
    """A bundle with pretrained encoders, standardisation of the training speakers, and new heads.

    Args:
        train: training examples; the tokenizer of a `scratch` text encoder and the
            standardisation of acoustic statistics come from them alone.
        params: the run's settings; `model`, `face` and `listening` count.
        labels: the emotions in the order of the logits.

    Raises:
        ModelError: an encoder is nowhere to be found.
    """
    model_params = params.model
    tokenizer, text_config = _text_encoder(model_params.text_encoder, train)
    image_config = _config(model_params.image_encoder) if model_params.image_encoder else None
    config = FusedConfig(
        labels=labels,
        statistics_shape=train.statistics.shape[1:],
        text_encoder=text_config,
        text_from_scratch=model_params.text_encoder == SCRATCH,
        image_encoder=image_config,
        detect_face=params.face.detect,
        dimensions=bool(train.dimensions().isfinite().any()),
        **model_params.model_dump(exclude={"text_encoder", "image_encoder"}),
    )
    model = FusedModel(config)
    bundle = Bundle(model, tokenizer)
    if bundle.hears:
        bundle.preprocessor = _preprocessor(params.listening.whisper)
    if model_params.text_encoder != SCRATCH:
        model.text.encoder = _pretrained(model_params.text_encoder)
    if model_params.image_encoder and model.image is not None:
        model.image.encoder = _pretrained(model_params.image_encoder)
        bundle.image_processor = AutoImageProcessor.from_pretrained(
            resolve(model_params.image_encoder), local_files_only=True
        )
    heard = train.some().heard()
    if len(heard):
        model.acoustic.standardise.fit(heard)
    return bundle


def equip(bundle: Bundle, params: Params) -> None:
    """Give a model that was fed statistics the acoustic encoder that made them, if any did.

    Raises:
        ModelError: the Whisper is nowhere to be found.
    """
    if bundle.model.acoustic.encoder is not None or not bundle.hears:
        return
    encoder = AcousticEncoder.from_folder(resolve(params.listening.whisper))
    if params.training.tuning == "prefix":
        encoder.add_prefix(params.training.prefix_length)
    bundle.model.acoustic.encoder = encoder.to(bundle.model.device)
    bundle.model.config.acoustic_encoder = encoder.config.to_dict()


def _text_encoder(name: str, train: Examples) -> tuple[PreTrainedTokenizerBase, dict[str, Any]]:
    if name != SCRATCH:
        tokenizer = AutoTokenizer.from_pretrained(resolve(name), local_files_only=True)
        return tokenizer, _config(name)
    tokenizer = train_tokenizer(train.texts())
    return tokenizer, BertConfig(vocab_size=len(tokenizer), **SCRATCH_ENCODER).to_dict()


def _config(name: str) -> dict[str, Any]:
    config = AutoConfig.from_pretrained(resolve(name), local_files_only=True)
    config.dtype = torch.float32
    values: dict[str, Any] = config.to_dict()
    return values


def _pretrained(name: str) -> PreTrainedModel:
    with quiet():
        encoder: PreTrainedModel = AutoModel.from_pretrained(
            resolve(name), local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
        return encoder


def _preprocessor(whisper: str) -> dict[str, Any]:
    file = resolve(whisper) / "preprocessor_config.json"
    values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return values
