"""A very small Whisper, run so that 30 s of padding cost one token."""

import math

import torch
from torch import Tensor, nn
from transformers import WhisperConfig, WhisperForConditionalGeneration

from tools.whisper_demo.vocabulary import SPECIAL, Vocabulary

WIDTH = 128
LAYERS = 2
HEADS = 4
POSITIONS = 1500
DISTINCT_POSITIONS = 200
DROPOUT = 0.1
LETTERS = " abcdefghijklmnopqrstuvwxyz"


class ToyWhisper(nn.Module):
    """Whisper (Radford et al., 2023) with a letter head for a CTC loss that is not exported.

    The positions from 4 s on share one embedding. The frames of the padding are equal, so behind
    that point their states are equal too; attention to M equal states is attention to one of them
    with log M added to its score. That is how `encode` stands in for padding to 30 s.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.whisper = WhisperForConditionalGeneration(_config(vocabulary))
        self.letters = nn.Linear(WIDTH, len(LETTERS) + 1)
        with torch.no_grad():
            positions = self.whisper.model.encoder.embed_positions.weight
            positions[DISTINCT_POSITIONS:] = positions[DISTINCT_POSITIONS].clone()

    def encode(self, features: Tensor, padded: bool) -> tuple[Tensor, Tensor]:
        """Encoder states, and the scores to add where they are attended to.

        Args:
            features: log-mel [B, 80, F], F even; at least 8 frames of padding where `padded`.
            padded: whether the last frames stand for padding to 30 s.

        Returns:
            States [B, F / 2, D] and additive scores [1, 1, 1, F / 2].
        """
        encoder = self.whisper.model.encoder
        hidden = nn.functional.gelu(encoder.conv1(features))
        hidden = nn.functional.gelu(encoder.conv2(hidden)).transpose(1, 2)
        length = hidden.shape[1]
        positions = encoder.embed_positions.weight[:length]
        scores = torch.zeros(1, 1, 1, length)
        if padded:
            positions = torch.cat([positions[:-1], encoder.embed_positions.weight[-1:]])
            scores[..., -1] = math.log(POSITIONS - length + 1)
        scores = scores.to(hidden.dtype)
        hidden = nn.functional.dropout(hidden + positions, DROPOUT, self.training)
        for layer in encoder.layers:
            hidden = layer(hidden, scores.expand(-1, -1, length, -1))
        return encoder.layer_norm(hidden), scores

    def decode(self, ids: Tensor, states: Tensor, scores: Tensor) -> Tensor:
        """Logits [B, N, V] of the token after each of `ids` [B, N]."""
        decoder = self.whisper.model.decoder
        length = ids.shape[1]
        hidden = decoder.embed_tokens(ids) + decoder.embed_positions.weight[:length]
        hidden = nn.functional.dropout(hidden, DROPOUT, self.training)
        future = torch.full((length, length), torch.finfo(scores.dtype).min, dtype=scores.dtype)
        for layer in decoder.layers:
            hidden = layer(
                hidden,
                attention_mask=future.triu(1)[None, None],
                encoder_hidden_states=states,
                encoder_attention_mask=scores.expand(-1, -1, length, -1),
                use_cache=False,
            )
        return torch.as_tensor(self.whisper.proj_out(decoder.layer_norm(hidden)))


def _config(vocabulary: Vocabulary) -> WhisperConfig:
    end, start = vocabulary.id_of(SPECIAL[0]), vocabulary.id_of(SPECIAL[1])
    return WhisperConfig(
        vocab_size=vocabulary.size,
        d_model=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=4 * WIDTH,
        decoder_ffn_dim=4 * WIDTH,
        max_source_positions=POSITIONS,
        dropout=DROPOUT,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=start,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
