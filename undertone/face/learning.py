"""How far the face is to be trusted, where there are labelled utterances with pictures."""

from typing import Any

import numpy as np
import numpy.typing as npt

from undertone.calibration import softmax
from undertone.config import FaceParams
from undertone.face.expert import Array, FaceExpert, joint, likelihood
from undertone.face.sight import see
from undertone.training.examples import Examples

FEWEST = 20  # faces; fewer teach no trust


def learn_trust(
    logits: npt.ArrayLike, examples: Examples, labels: tuple[str, ...], params: FaceParams
) -> dict[str, Any] | None:
    """The trust in the face classifier that suits held-out examples with pictures.

    Args:
        logits: what the model says of them [N, K], calibrated.
        examples: labelled, and not trained on.
        labels: the emotions in the order of the logits.
        params: names the classifier.

    Returns:
        `classifier`, `trust` and `faces` it was learnt from; nothing where there is no classifier,
        or fewer than 20 faces.

    Raises:
        ModelError: the classifier is broken, or `required` and nowhere to be found.
        PictureError: a picture cannot be read.
    """
    files = examples.paths("image_path")
    expert = FaceExpert.load(params) if sum(map(bool, files)) >= FEWEST else None
    if expert is None:
        return None
    seen = {row: see(file, detect=params.detect).crop for row, file in enumerate(files) if file}
    faces = {row: expert.read(face) for row, face in seen.items() if face is not None}
    if len(faces) < FEWEST:
        return None
    rows = list(faces)
    shown = np.stack([likelihood(labels, distribution) for distribution in faces.values()])
    truth = examples.targets(labels).numpy()[rows]
    trust = fit_trust(softmax(logits)[rows], shown, truth)
    return {"classifier": params.classifier, "trust": trust, "faces": len(faces)}


def fit_trust(priors: Array, likelihoods: Array, truth: npt.NDArray[np.int64]) -> float:
    """The trust from 0 to 1 that makes held-out emotions likeliest.

    A power on a distribution is the inverse of a temperature, so that trust calibrates the face
    too (Guo et al. 2017, arXiv 1706.04599).

    Args:
        priors: what the model says [N, K], calibrated.
        likelihoods: what the faces show [N, K], see `likelihood`.
        truth: index of each true emotion [N].
    """
    from scipy.optimize import minimize_scalar

    def surprise(trust: float) -> float:
        shares = joint(priors, likelihoods, trust)[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(shares, 1e-12)).mean())

    return float(minimize_scalar(surprise, bounds=(0.0, 1.0), method="bounded").x)
