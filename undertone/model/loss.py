"""What the fused model is trained on."""

import torch
from torch import Tensor
from torch.nn import functional


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
    return losses.sum() / weights.sum().clamp_min(torch.finfo(weights.dtype).tiny)


def drop_modalities(present: Tensor, chance: float) -> Tensor:
    """`present` [B, 3] with modalities struck out at random, never all that a row has.

    Modality dropout (Neverova et al., 2015, "ModDrop"): what is missing in use must have been
    missing in training.
    """
    if not chance:
        return present
    kept = present & (torch.rand(present.shape, device=present.device) >= chance)
    return torch.where(kept.any(1, keepdim=True), kept, present)
