"""A bundle that hears, small enough for tests."""

from typing import Any

import torch
from transformers import BertConfig, WhisperConfig

from undertone.bundle import Bundle
from undertone.model.config import FusedConfig
from undertone.model.fused import FusedModel
from undertone.training.tokenizer import train_tokenizer

LABELS = ("anger", "happiness", "neutral")
LAYERS, SIZE = 2, 16


def bundle(*, hears_itself: bool = False, **changes: Any) -> Bundle:
    sizes = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    heads = {"encoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_layers": 1}
    tokenizer = train_tokenizer(["so it goes"])
    text = BertConfig(vocab_size=len(tokenizer), hidden_size=12, **sizes)
    whisper = WhisperConfig(d_model=SIZE, encoder_layers=LAYERS, **heads)
    torch.manual_seed(0)
    model = FusedModel(
        FusedConfig(
            labels=LABELS,
            statistics_shape=(LAYERS + 1, 2 * SIZE),
            acoustic_encoder=whisper.to_dict() if hears_itself else None,
            text_encoder=text.to_dict(),
            hidden_size=16,
            **changes,
        )
    ).eval()
    for parameter in model.fusion.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return Bundle(model, tokenizer)
