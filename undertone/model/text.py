"""The text branch: what was said."""

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from undertone.model.config import FusedConfig
from undertone.model.layers import Projection, blanked


class TextBranch(nn.Module):
    """Tokens, or an embedding of them that was computed before, to an embedding [B, H].

    Attributes:
        encoder: any text encoder of `transformers.AutoModel`.
    """

    def __init__(self, config: FusedConfig) -> None:
        super().__init__()
        text_config = AutoConfig.for_model(**(config.text_encoder or {}))
        self.encoder = AutoModel.from_config(text_config)
        self.project = Projection(
            text_config.hidden_size, config.hidden_size, config.input_dropout, config.dropout
        )

    def encode(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None,
        token_type_ids: Tensor | None,
        present: Tensor,
    ) -> Tensor:
        """Mean of the encoder's states over an utterance's tokens [B, D].

        The utterance attends to its context, which is not averaged itself. Rows not `present` are
        blanked.

        Args:
            input_ids: tokens [B, T].
            attention_mask: which of them are not padding [B, T]; all where none.
            token_type_ids: 1 for tokens of the context [B, T], 0 for others; all 0 where none.
            present: which rows hold a text [B].
        """
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        mask = blanked(attention_mask, present)
        mask[:, 0] = 1
        told = mask
        segments = {}
        if token_type_ids is not None:
            told = mask * (1 - token_type_ids)
            if getattr(self.encoder.config, "type_vocab_size", 1) > 1:
                segments = {"token_type_ids": token_type_ids}
        states = self.encoder(
            blanked(input_ids, present), attention_mask=mask, **segments
        ).last_hidden_state
        weights = told[..., None].to(states.dtype)
        mean: Tensor = (states * weights).sum(1) / weights.sum(1)
        return mean

    def forward(self, encoded: Tensor, present: Tensor) -> Tensor:
        """Embeddings [B, H] of what `encode` gave [B, D]; rows not `present` are blanked."""
        embedding: Tensor = self.project(blanked(encoded, present))
        return embedding
