"""How many clips a second one thread could judge if it did nothing but multiply in bfloat16."""

from time import process_time

import torch

from undertone.speech.encoder import AcousticEncoder
from undertone.speech.features import states_of

SIDE = 1024
ROUNDS = 12
DECODER_LAYERS, TEXT_LAYERS, TEXT_WIDTH, TEXT_TOKENS = 4, 6, 384, 14


def peak() -> float:
    """Floating-point operations that one thread does in a second of its time, at the best size."""
    left, right = (torch.randn(SIDE, SIDE, dtype=torch.bfloat16) for _ in range(2))
    left @ right
    best = 0.0
    for _ in range(ROUNDS):
        started = process_time()
        left @ right
        best = max(best, 2 * SIDE**3 / (process_time() - started))
    return best


def operations(encoder: AcousticEncoder, frames: int, tokens: int) -> float:
    """Of a clip: two for each weight and place of encoder, decoder and text encoder, and attention.

    Args:
        encoder: of Whisper; its decoder is as wide, and has four layers.
        frames: mel frames that are encoded.
        tokens: that are written.
    """
    width, time = int(encoder.config.d_model), states_of(frames)
    convolutions = 2 * 3 * width * (int(encoder.config.num_mel_bins) * frames + width * time)
    encoded = encoder.layers * (24 * width**2 * time + 4 * time**2 * width)
    crossed = DECODER_LAYERS * 4 * width**2 * time
    written = DECODER_LAYERS * (28 * width**2 + 4 * time * width)
    logits = 2 * int(encoder.config.vocab_size) * width
    read = TEXT_TOKENS * TEXT_LAYERS * 24 * TEXT_WIDTH**2
    return convolutions + encoded + crossed + tokens * (written + logits) + read
