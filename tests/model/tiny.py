"""Configurations of encoders small enough for tests."""

from typing import Any

import torch
from torch import Tensor
from transformers import BertConfig, ResNetConfig, ViTConfig, WhisperConfig

from undertone.model.config import FusedConfig
from undertone.model.fused import FusedModel

LABELS = ("anger", "fear", "neutral")
LAYERS, SIZE = 2, 16


def whisper() -> dict[str, Any]:
    sizes = {"encoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_layers": 1}
    special = dict.fromkeys(
        ("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"), 0
    )
    config = WhisperConfig(d_model=SIZE, encoder_layers=LAYERS, vocab_size=9, **sizes, **special)
    return config.to_dict()


def bert() -> dict[str, Any]:
    sizes = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    return BertConfig(vocab_size=30, hidden_size=12, **sizes).to_dict()


def vit() -> dict[str, Any]:
    sizes = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    return ViTConfig(hidden_size=8, image_size=16, patch_size=8, **sizes).to_dict()


def resnet() -> dict[str, Any]:
    return ResNetConfig(embedding_size=4, hidden_sizes=[4, 8], depths=[1, 1]).to_dict()


def model(**changes: Any) -> FusedModel:
    torch.manual_seed(0)
    values = {
        "labels": LABELS,
        "statistics_shape": (LAYERS + 1, 2 * SIZE),
        "acoustic_encoder": whisper(),
        "text_encoder": bert(),
        "image_encoder": vit(),
        "hidden_size": 16,
    }
    built = FusedModel(FusedConfig(**(values | changes))).eval()
    for parameter in built.fusion.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return built


@torch.no_grad()
def nudge(layer: torch.nn.Module, generator: torch.Generator, rank: int = 2) -> None:
    """Change a linear layer by chance, in `rank` directions."""
    assert isinstance(layer, torch.nn.Linear)
    outputs, inputs = layer.weight.shape
    up = torch.randn(outputs, rank, generator=generator)
    layer.weight += up @ torch.randn(rank, inputs, generator=generator)


def batch() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {
        "input_features": torch.randn(2, 80, 100),
        "feature_frames": torch.tensor([90, 40]),
        "input_ids": torch.randint(1, 30, (2, 5)),
        "attention_mask": torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]),
        "pixel_values": torch.randn(2, 3, 16, 16),
    }
