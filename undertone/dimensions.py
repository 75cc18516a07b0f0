"""Valence, arousal and dominance: from the classes where no one labelled them, and how right.

The mapping is that of Russell & Mehrabian 1977, "Evidence for a three-factor theory of emotions"
(J. Research in Personality 11, 273-294): mean ratings of 151 emotion terms on pleasure, arousal
and dominance, each from -1 to 1.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from undertone.prediction import Dimensions

NAMES = ("valence", "arousal", "dominance")
SMALLEST_SPREAD = 1e-12
Floats = npt.NDArray[np.float64]


class Rated(NamedTuple):
    """A term of the study, and its mean ratings."""

    term: str
    valence: float
    arousal: float
    dominance: float


RATINGS = {
    "anger": Rated("angry", -0.51, 0.59, 0.25),
    "boredom": Rated("bored", -0.65, -0.62, -0.33),
    "calm": Rated("relaxed", 0.68, -0.46, 0.06),
    "disgust": Rated("disgusted", -0.60, 0.35, 0.11),
    "fear": Rated("fearful", -0.64, 0.60, -0.43),
    "happiness": Rated("happy", 0.81, 0.51, 0.46),
    "neutral": Rated("", 0.0, 0.0, 0.0),  # the middle of the scales; the study has no such term
    "sadness": Rated("sad", -0.63, -0.27, -0.33),
    "surprise": Rated("surprised", 0.40, 0.67, -0.13),
}


def derive(distribution: Mapping[str, float]) -> Dimensions:
    """The ratings that a distribution over emotions expects, marked as derived."""
    names = list(distribution)
    shares = np.array([distribution[name] for name in names])
    return dimensions_of(expected(shares, names), source="derived")


def expected(shares: npt.ArrayLike, labels: list[str] | tuple[str, ...]) -> Floats:
    """Mean ratings [..., 3] under probabilities [..., K] of `labels`."""
    ratings = np.array([RATINGS[label][1:] for label in labels], dtype=np.float64)
    return np.asarray(np.asarray(shares, dtype=np.float64) @ ratings)


def dimensions_of(values: npt.ArrayLike, *, source: str) -> Dimensions:
    """A record of [3] values; what rounding left outside of [-1, 1] is brought back in."""
    inside = np.clip(np.asarray(values, dtype=np.float64), -1.0, 1.0).tolist()
    return Dimensions.model_validate(dict(zip(NAMES, inside, strict=True)) | {"source": source})


def concordance(moments: npt.NDArray[np.generic]) -> Floats:
    """Concordance correlation coefficient (Lin 1989, Biometrics 45) of `moments` [..., 6].

    2 cov(x, y) / (var x + var y + (mean x - mean y)²): 1 for equal values, 0 for unrelated ones
    or where both are constant.
    """
    count = np.maximum(moments[..., 0], 1)
    x, y, xx, yy, xy = (moments[..., place] / count for place in range(1, 6))
    spread = (xx - x**2) + (yy - y**2) + (x - y) ** 2
    together = 2 * (xy - x * y)
    apart = spread > SMALLEST_SPREAD
    return np.asarray(np.where(apart, together / np.where(apart, spread, 1.0), 0.0))


def moments(truth: npt.ArrayLike, guess: npt.ArrayLike) -> Floats:
    """What `concordance` needs of each pair [N, 6]: 1, x, y, x², y², xy. They can be added."""
    x, y = np.asarray(truth, dtype=np.float64), np.asarray(guess, dtype=np.float64)
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)
