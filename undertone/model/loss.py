"""What the fused model is trained on."""

from typing import Any

import torch
from torch import Tensor, distributed
from torch.nn import functional

SMALLEST_SPREAD = 1e-8


class _Everywhere(torch.autograd.Function):
    """The sum over all processes, of values and of gradients."""

    @staticmethod
    def forward(_ctx: Any, here: Tensor) -> Tensor:
        everywhere = here.clone()
        distributed.all_reduce(everywhere)
        return everywhere

    @staticmethod
    def backward(_ctx: Any, gradient: Tensor) -> Tensor:
        everywhere = gradient.clone()
        distributed.all_reduce(everywhere)
        return everywhere


def total(values: Tensor) -> Tensor:
    """Sum over the rows [B, …] of the batches of all processes that train together.

    A loss that is made of such sums is the same in each process, and the mean of their gradients
    is that of one process with all rows.
    """
    here = values.sum(0)
    if not (distributed.is_available() and distributed.is_initialized()):
        return here
    everywhere: Tensor = _Everywhere.apply(here)  # type: ignore[no-untyped-call]
    return everywhere


def weighted_cross_entropy(
    logits: Tensor,
    labels: Tensor,
    class_weights: Tensor,
    smoothing: float,
    counted: Tensor | None = None,
) -> Tensor:
    """Mean cross-entropy, weighted by the class of each row; 0 where no row counts.

    Args:
        logits: [B, K].
        labels: [B].
        class_weights: [K].
        smoothing: probability mass spread over all classes.
        counted: which rows count [B]; all of them without it.
    """
    losses = functional.cross_entropy(
        logits, labels, class_weights, reduction="none", label_smoothing=smoothing
    )
    weights = class_weights[labels]
    if counted is not None:
        losses, weights = losses * counted, weights * counted
    return total(losses) / total(weights).clamp_min(torch.finfo(weights.dtype).tiny)


def concordance_loss(guess: Tensor, wanted: Tensor) -> Tensor:
    """1 - concordance correlation (Lin, 1989), the mean over the columns.

    Args:
        guess: [B, 3].
        wanted: [B, 3]; NaN entries do not count, nor columns with fewer than two others.
    """
    known = wanted.isfinite()
    count = total(known.float())
    wanted = torch.where(known, wanted, 0.0)
    guess = torch.where(known, guess, 0.0)
    mean_guess, mean_wanted = (total(values) / count.clamp_min(1) for values in (guess, wanted))
    off_guess = (guess - mean_guess) * known
    off_wanted = (wanted - mean_wanted) * known
    spread = total(off_guess.square() + off_wanted.square())
    spread = spread / count.clamp_min(1) + (mean_guess - mean_wanted).square()
    together = 2 * total(off_guess * off_wanted) / count.clamp_min(1)
    loss = 1 - together / spread.clamp_min(SMALLEST_SPREAD)
    counted = count >= 2
    return (loss * counted).sum() / counted.sum().clamp_min(1)


def drop_modalities(present: Tensor, chance: float) -> Tensor:
    """`present` [B, 3] with modalities struck out at random, never all that a row has.

    Modality dropout (Neverova et al., 2015, "ModDrop"): what is missing in use must have been
    missing in training.
    """
    if not chance:
        return present
    kept = present & (torch.rand(present.shape, device=present.device) >= chance)
    return torch.where(kept.any(1, keepdim=True), kept, present)
