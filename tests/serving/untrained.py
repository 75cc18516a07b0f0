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


def write_adapted_bundle(folder: Path, base: Path) -> Path:
    """Write a bundle that is another one with an adapter, by chance, in its weights."""
    import torch

    from tests.model.tiny import nudge
    from undertone.bundle import Bundle, save_bundle
    from undertone.model.adapters import adapter_between

    before, after = Bundle.load(base), Bundle.load(base)
    nudge(after.model.fusion.joint[0], torch.Generator().manual_seed(0))
    save_bundle(after, folder, adapter_between(before.model, after.model, rank=2))
    return folder
