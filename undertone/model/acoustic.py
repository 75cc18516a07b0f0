"""The acoustic branch: how it was said, from the states of all encoder layers."""

import torch
from torch import Tensor, nn
from transformers import WhisperConfig

from undertone.model.config import FusedConfig
from undertone.model.layers import Projection, Standardisation, blanked
from undertone.model.novelty import Novelty
from undertone.speech.encoder import AcousticEncoder, pool

SHORTEST_CLIP = 2  # mel frames, which make one state


class AcousticBranch(nn.Module):
    """Mel features or pooled statistics to an embedding.

    The mean and deviation over time of every layer are standardised, weighed and projected side
    by side: what tells emotions apart is spread over the layers. Pooling comes before all that is
    learnt, so that the statistics of a frozen encoder are computed once.

    Attributes:
        encoder: the Whisper encoder, or none for a model that is given statistics.
        layer_weights: how much each layer counts [L + 1], fitted once on training speakers.
    """

    layer_weights: Tensor

    def __init__(self, config: FusedConfig) -> None:
        super().__init__()
        layers, size = config.statistics_shape
        self.encoder = (
            AcousticEncoder(WhisperConfig(**config.acoustic_encoder))
            if config.acoustic_encoder
            else None
        )
        self.attention = (
            AttentionPooling(layers, size // 2) if config.pooling == "attention" else None
        )
        self.standardise = Standardisation(layers, size)
        self.novelty = Novelty(layers * size, config.novelty_rank)
        self.register_buffer("layer_weights", torch.full((layers,), layers**-0.5))
        self.project = Projection(
            layers * size, config.hidden_size, config.input_dropout, config.dropout
        )

    def statistics(self, features: Tensor, frames: Tensor | None, present: Tensor) -> Tensor:
        """Listen to clips: mean and deviation of each layer's states [B, L + 1, 2·D].

        Args:
            features: log-mel [B, M, F].
            frames: real mel frames of each clip [B]; all F where none.
            present: which rows hold a clip [B].
        """
        if self.encoder is None:
            raise TypeError("This model holds no acoustic encoder: give it acoustic_statistics.")
        if frames is None:
            frames = torch.full_like(present, features.shape[-1], dtype=torch.long)
        frames = blanked(frames, present, SHORTEST_CLIP)
        states = self.encoder(blanked(features, present), frames)
        return pool(states, frames) if self.attention is None else self.attention(states, frames)

    def resumed_statistics(
        self, states: Tensor, below: Tensor, frames: Tensor, present: Tensor
    ) -> Tensor:
        """The same from states of the highest layer that tuning leaves as it is.

        Args:
            states: of layer k [B, T, D].
            below: statistics of layers 0 to k [B, k + 1, 2·D].
            frames: real mel frames of each clip [B].
            present: which rows hold a clip [B].
        """
        if self.encoder is None:
            raise TypeError("This model holds no acoustic encoder: give it acoustic_statistics.")
        frames = blanked(frames, present, SHORTEST_CLIP)
        above = self.encoder.resume(blanked(states, present), frames, below.shape[1] - 1)
        return torch.cat([below, pool(above[:, 1:], frames)], dim=1)

    def forward(self, statistics: Tensor, present: Tensor) -> Tensor:
        """Embeddings [B, H] of statistics [B, L + 1, 2·D]; rows not `present` are blanked."""
        standard = self.standardise(blanked(statistics, present))
        weighed = standard * self.layer_weights[:, None]
        embedding: Tensor = self.project(weighed.flatten(1))
        return embedding

    def remember(self, statistics: Tensor) -> None:
        """Take training speech [N, L + 1, 2·D] as that from which novelty is measured."""
        if len(statistics) > 1:
            self.novelty.fit(self.standardise(statistics).flatten(1))

    def novelty_of(self, statistics: Tensor, present: Tensor) -> Tensor:
        """Distance of statistics [B, L + 1, 2·D] from training speech [B]; NaN if not `present`."""
        standard = self.standardise(blanked(statistics, present))
        distance: Tensor = self.novelty(standard.flatten(1))
        return distance.masked_fill(~present, torch.nan)


class AttentionPooling(nn.Module):
    """Mean and deviation over time, weighted by attention that all layers share.

    Attentive statistics pooling of Okabe et al., 2018 (arXiv 1803.10963). It starts as plain
    statistics pooling.
    """

    def __init__(self, layers: int, size: int) -> None:
        super().__init__()
        self.score = nn.Parameter(torch.zeros(layers, size))

    def forward(self, states: Tensor, frames: Tensor) -> Tensor:
        """Statistics [B, L + 1, 2·D] of states [B, L + 1, T, D] over real mel `frames` [B]."""
        real = torch.div(frames + 1, 2, rounding_mode="floor")
        steps = torch.arange(states.shape[2], device=states.device)
        scores = torch.einsum("bltd,ld->bt", states, self.score.to(states.dtype)).float()
        weights = scores.masked_fill(steps >= real[:, None], float("-inf")).softmax(-1)
        weights = weights[:, None, :, None]
        mean = (states * weights).sum(2)
        variance = ((states - mean[:, :, None]).square() * weights).sum(2)
        return torch.cat([mean, variance.clamp_min(1e-8).sqrt()], dim=-1)
