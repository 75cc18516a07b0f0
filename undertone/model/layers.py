"""Small parts that the branches share."""

import torch
from torch import Tensor, nn


def blanked(values: Tensor, present: Tensor, filler: float = 0) -> Tensor:
    """`values` [B, …] with the rows that are not `present` [B] set to `filler`, even from NaN."""
    return values.masked_fill(~present.view(-1, *[1] * (values.dim() - 1)), filler)


class Projection(nn.Sequential):
    """From an encoder's pooled output [B, D] to an embedding [B, H]."""

    def __init__(self, size: int, hidden_size: int, input_dropout: float, dropout: float) -> None:
        super().__init__(
            nn.Dropout(input_dropout),
            nn.Linear(size, hidden_size),
            nn.LayerNorm(hidden_size),
            nn.GELU(),
            nn.Dropout(dropout),
        )


class Standardisation(nn.Module):
    """Subtracts a mean and divides by a deviation that were fitted once, on training speakers."""

    mean: Tensor
    scale: Tensor

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("scale", torch.ones(shape))

    @torch.no_grad()
    def fit(self, values: Tensor) -> None:
        """Take mean and deviation from `values` [N, *shape]; constant dimensions are not scaled."""
        self.mean.copy_(values.mean(0))
        deviation = values.std(0, correction=0)
        self.scale.copy_(torch.where(deviation > 1e-6, deviation, 1.0))

    def forward(self, values: Tensor) -> Tensor:
        """Standardised values [B, *shape]."""
        return (values - self.mean) / self.scale
