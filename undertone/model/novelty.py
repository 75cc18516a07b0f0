"""How unlike speech sounds to that which a model was trained on."""

import torch
from torch import Tensor, nn


class Novelty(nn.Module):
    """Distance of acoustic statistics from those of the training speech.

    The squared Mahalanobis distance under probabilistic principal components (Tipping & Bishop,
    1999, "Probabilistic Principal Component Analysis"), divided by the number of dimensions: about
    1 for speech as in training, 10 and more for noise, tones and music (Lee et al., 2018, arXiv
    1807.03888, use the distance so). One direction that never varied in training cannot decide
    it: all directions behind the main ones share their mean variance.

    Args:
        size: dimensions of one utterance's statistics S.
        rank: main directions R; more than the training speech has are left empty.
    """

    mean: Tensor
    directions: Tensor
    variances: Tensor
    rest: Tensor

    def __init__(self, size: int, rank: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("directions", torch.zeros(rank, size))
        self.register_buffer("variances", torch.ones(rank))
        self.register_buffer("rest", torch.ones(()))

    @torch.no_grad()
    def fit(self, values: Tensor) -> None:
        """Take mean, main directions and variances from `values` [N, S], N at least 2."""
        count, size = values.shape
        centred = values - values.mean(0)
        rank = min(len(self.variances), count - 1, size)
        _, spread, directions = torch.pca_lowrank(centred, q=rank, center=False)
        explained = spread**2 / count
        behind = (centred.square().sum() / count - explained.sum()) / max(size - rank, 1)
        self.mean.copy_(values.mean(0))
        self.directions.zero_()[:rank] = directions.T
        self.rest.copy_(behind.clamp_min(torch.finfo(behind.dtype).eps))
        self.variances.fill_(1.0)[:rank] = torch.maximum(explained, self.rest)

    def forward(self, values: Tensor) -> Tensor:
        """Distances [B] of `values` [B, S]."""
        centred = values - self.mean
        along = centred @ self.directions.T
        outside = (centred.square().sum(1) - along.square().sum(1)).clamp_min(0)
        distance = (along.square() / self.variances).sum(1) + outside / self.rest
        return distance / values.shape[1]
