"""The face as one more expert beside what the fused model says of voice and words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from undertone.config import FaceParams
from undertone.errors import ModelError
from undertone.face.classifier import FaceClassifier, load_classifier
from undertone.face.picture import Picture
from undertone.face.vocabulary import LOOKS_LIKE
from undertone.hub import resolve

LEAST_SHARE = 0.01  # what the expert is heard to say of an emotion that it rules out

Array = npt.NDArray[np.float64]
Distribution = Mapping[str, float]


class FaceExpert:
    """Says what emotion a face shows, and how far it is heard beside the model.

    Args:
        classifier: of faces.
        trust: the power that its distribution is raised to; 0 leaves it unheard.
    """

    def __init__(self, classifier: FaceClassifier, trust: float) -> None:
        self._classifier = classifier
        self.trust = trust

    @classmethod
    def load(
        cls, params: FaceParams, learnt: Mapping[str, Any] | None = None
    ) -> "FaceExpert | None":
        """The expert that the settings name, none where they name none.

        Args:
            params: its classifier, and the trust in it as long as none was learnt.
            learnt: `classifier` and `trust` of a bundle that saw faces in its training, see
                `undertone.face.learning`.

        Raises:
            ModelError: its classifier is broken, or `required` and nowhere to be found.
        """
        if params.classifier is None:
            return None
        try:
            folder = resolve(params.classifier)
        except ModelError:
            if params.required:
                raise
            return None
        return cls(load_classifier(folder), trust_in(params, learnt))

    def trusted(self, trust: float) -> "FaceExpert":
        """The same expert, trusted otherwise."""
        return FaceExpert(self._classifier, trust)

    def read(self, face: Picture) -> dict[str, float]:
        """What a face [height, width, 3] shows, over the emotions that the classifier knows."""
        return self._classifier(face)

    def join(self, shares: Distribution, shown: Distribution) -> dict[str, float]:
        """What the model says, multiplied by what a face shows.

        A product of experts (Hinton 2002, "Training Products of Experts by Minimizing Contrastive
        Divergence"). The face speaks only of the emotions that its classifier tells apart: these
        share anew what they had together, and the others keep their shares. `calm` shows the same
        face as `neutral`.

        Args:
            shares: an emotion to its probability, by the model.
            shown: the same by `read`, over other emotions perhaps.
        """
        prior = np.array(list(shares.values()))
        joined = joint(prior[None], likelihood(list(shares), shown)[None], self.trust)
        return dict(zip(shares, joined[0].tolist(), strict=True))


def trust_in(params: FaceParams, learnt: Mapping[str, Any] | None) -> float:
    """The trust that a bundle learnt in the classifier of the settings, or theirs without it."""
    known = learnt and learnt["classifier"] == params.classifier
    return float(learnt["trust"]) if learnt and known else params.trust


def likelihood(labels: Sequence[str], shown: Distribution) -> Array:
    """What a face shows of each label [K], never below 0.01; NaN where it tells nothing."""
    found = [shown.get(LOOKS_LIKE.get(label, label), np.nan) for label in labels]
    return np.maximum(np.array(found, np.float64), LEAST_SHARE)


def joint(priors: Array, likelihoods: Array, trust: float) -> Array:
    """The product [N, K] of distributions [N, K] and likelihoods [N, K] raised to `trust`.

    Where a likelihood is NaN the prior's share stands; the rest of a row sums to what it did.
    """
    told = ~np.isnan(likelihoods)
    product = np.where(told, priors * np.where(told, likelihoods, 1.0) ** trust, 0.0)
    kept = np.where(told, priors, 0.0).sum(axis=1, keepdims=True)
    total = product.sum(axis=1, keepdims=True)
    scale = np.divide(kept, total, out=np.ones_like(total), where=total > 0)
    return np.where(told, product * scale, priors)
