"""What sets a new domain apart whoever feels what: found in the acoustics, and then ignored.

A telephone moves all acoustic statistics the same way, far beyond what emotions move them, and
everything on it sounds alike to a model that knows the studio. Nuisance attribute projection
(Solomonoff et al., 2005, "Advances in Channel Compensation for SVM Speaker Recognition") takes
out the directions of that move, for old and new speech alike. It ends up in the weights: the
model has the same size and shape as before.
"""

import torch
from torch import Tensor, nn

from undertone.bundle import Bundle
from undertone.config import AudioParams
from undertone.model.config import AUDIO
from undertone.model.fused import FusedModel
from undertone.training.batches import acoustic_statistics, batches_of
from undertone.training.examples import Examples

LEAST_SHARE = 0.1
SMALLEST = 1e-12


class Blindness(nn.Module):
    """Takes directions [D, R], orthonormal, out of its input [B, D]."""

    directions: Tensor

    def __init__(self, directions: Tensor) -> None:
        super().__init__()
        self.register_buffer("directions", directions)

    def forward(self, values: Tensor) -> Tensor:
        """What is left of values [B, D]."""
        return values - values @ self.directions @ self.directions.T


def shift_directions(
    bundle: Bundle, old: Examples, new: Examples, audio: AudioParams
) -> Tensor | None:
    """Directions in which the acoustics of two domains differ for one and the same emotion.

    Per encoder layer, the difference of means within each emotion that both have, averaged over
    these emotions: a domain that is merely angrier is not shifted. Layers with less than a tenth
    of the largest shift are left alone.

    Args:
        bundle: the model whose standardised statistics [N, L + 1, S] are compared.
        old: labelled examples of the old domain.
        new: labelled examples of the new one.
        audio: how recordings are cleaned, for a model with an acoustic encoder of its own.

    Returns:
        Orthonormal directions [(L + 1)·S, R], one in each shifted layer; none where a domain has
        no recordings, or no emotion in common with the other.
    """
    before, after = (_means(bundle, examples, audio) for examples in (old, new))
    common = before.keys() & after.keys()
    if not common:
        return None
    shift = torch.stack([after[emotion] - before[emotion] for emotion in sorted(common)]).mean(0)
    sizes = shift.norm(dim=1)
    directions = torch.block_diag(*(shift / sizes[:, None].clamp_min(SMALLEST))[:, None])
    chosen: Tensor = directions[sizes >= LEAST_SHARE * sizes.max()].T
    return chosen


def blind(model: FusedModel, directions: Tensor) -> None:
    """Make the acoustic branch blind to directions [D, R]; `absorb` gives it its shape back."""
    model.acoustic.project.insert(0, Blindness(directions))


@torch.no_grad()
def absorb(model: FusedModel) -> None:
    """Fold the blindness of a model, if it has one, into the weights behind it."""
    project = model.acoustic.project
    blindness = project[0]
    if not isinstance(blindness, Blindness):
        return
    del project[0]
    first = next(layer for layer in project if isinstance(layer, nn.Linear))
    first.weight.copy_(blindness(first.weight))


def _means(bundle: Bundle, examples: Examples, audio: AudioParams) -> dict[int, Tensor]:
    """Mean standardised statistics [L + 1, S] of each emotion that has recordings."""
    voiced = examples.present()[:, AUDIO]
    if not voiced.any():
        return {}
    statistics = _standardised(bundle, examples, audio)[voiced]
    targets = examples.targets(bundle.labels)[voiced]
    return {int(label): statistics[targets == label].mean(0) for label in targets.unique()}


@torch.no_grad()
def _standardised(bundle: Bundle, examples: Examples, audio: AudioParams) -> Tensor:
    batches = batches_of(bundle, examples, audio, labelled=False)
    statistics = acoustic_statistics(bundle.model, batches)
    standard: Tensor = bundle.model.acoustic.standardise(statistics)
    return standard
