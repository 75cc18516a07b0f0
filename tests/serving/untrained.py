"""An untrained bundle that the real predictor can load."""

from pathlib import Path

from undertone.labels import EMOTIONS


def write_untrained_bundle(folder: Path, whisper: Path) -> Path:
    """Write a bundle with random weights for the statistics of a Whisper."""
    import torch
    from transformers import BertConfig

    from undertone.bundle import Bundle, save_bundle
    from undertone.model.config import FusedConfig
    from undertone.model.fused import FusedModel
    from undertone.speech.encoder import AcousticEncoder
    from undertone.training.beginning import SCRATCH_ENCODER
    from undertone.training.tokenizer import train_tokenizer

    torch.manual_seed(0)
    tokenizer = train_tokenizer(["i have been waiting for an hour", "what a lovely day"])
    config = FusedConfig(
        labels=EMOTIONS,
        statistics_shape=AcousticEncoder.from_folder(whisper).statistics_shape,
        text_encoder=BertConfig(vocab_size=len(tokenizer), **SCRATCH_ENCODER).to_dict(),
        hidden_size=32,
    )
    save_bundle(Bundle(FusedModel(config), tokenizer, card="# Untrained"), folder)
    return folder
