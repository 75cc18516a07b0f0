"""Whispers too small to be of use, for tests that need none."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import WhisperConfig

from undertone.speech.encoder import AcousticEncoder


def tiny_config(**changes: int) -> WhisperConfig:
    values = {
        "d_model": 16,
        "encoder_layers": 2,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 32,
        "num_mel_bins": 80,
        "max_source_positions": 100,
    }
    return WhisperConfig(**values | changes)


def tiny_encoder(seed: int = 0, **changes: int) -> AcousticEncoder:
    torch.manual_seed(seed)
    encoder = AcousticEncoder(tiny_config(**changes)).eval()
    for parameter in encoder.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return encoder


def save_encoder(
    encoder: AcousticEncoder, folder: Path, prefix: str = "model.encoder.", **extra: torch.Tensor
) -> Path:
    """A Whisper folder that holds the encoder alone, as far as `extra` does not add to it."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder.config.save_pretrained(folder)
    weights = {f"{prefix}{name}": value for name, value in encoder.whisper.state_dict().items()}
    save_file(weights | extra, folder / "model.safetensors")
    return folder
