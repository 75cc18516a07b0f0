"""Active learning: which utterances to label next."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from undertone.labelling.probe import Array, Indices

Strategy = Callable[["Pool", int, np.random.Generator], Indices]


@dataclass(frozen=True)
class Pool:
    """Utterances, of which some have a label.

    Attributes:
        vectors: what they are [N, R].
        labelled: which have one [N].
        probabilities: what a classifier says that learnt from these [N, K]; none before the first.
    """

    vectors: Array
    labelled: npt.NDArray[np.bool_]
    probabilities: Array | None = None

    @property
    def open(self) -> Indices:
        """Positions of those without a label."""
        return np.flatnonzero(~self.labelled)

    def doubt(self) -> Array:
        """1 less the margin between the two likeliest emotions, of each one that is open.

        All the same before there is a classifier. Scheffer et al. 2001, "Active Hidden Markov
        Models for Information Extraction".
        """
        if self.probabilities is None:
            return np.ones(len(self.open))
        second, first = np.sort(self.probabilities[self.open], axis=1)[:, -2:].T
        return np.asarray(1 - (first - second))


def at_random(pool: Pool, count: int, rng: np.random.Generator) -> Indices:
    """Open utterances by chance: what a strategy must beat."""
    return rng.choice(pool.open, count, replace=False)


def least_margin(pool: Pool, count: int, rng: np.random.Generator) -> Indices:
    """The most doubtful ones, whether or not they resemble each other; ties by chance."""
    order = rng.permutation(len(pool.open))
    ranked = order[np.argsort(-pool.doubt()[order], kind="stable")]
    return pool.open[ranked[:count]]


def k_centre(pool: Pool, count: int, rng: np.random.Generator) -> Indices:
    """The ones farthest from all that is labelled or chosen already.

    The greedy core-set of Sener & Savarese 2018 (arXiv 1708.00489), without a look at doubt.
    """
    return _farthest(pool, np.ones(len(pool.open)), count, rng)


def diverse_margin(pool: Pool, count: int, rng: np.random.Generator) -> Indices:
    """The doubtful ones that differ from each other and from what is labelled.

    One after the other, that with the largest product of squared doubt and distance to the nearest
    labelled or chosen one: k-centre, weighted. Without a classifier yet, as `badge`.
    """
    if pool.probabilities is None:
        return badge(pool, count, rng)
    return _farthest(pool, pool.doubt() ** 2, count, rng)


def badge(pool: Pool, count: int, rng: np.random.Generator) -> Indices:
    """k-means++ over the gradients that the likeliest labels would give (Ash et al. 2020).

    "Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds" (arXiv 1906.03671).
    A gradient is the outer product of an error and a vector, so distances need their dot products
    alone. Without a classifier yet, k-means++ over the vectors.
    """
    vectors = pool.vectors[pool.open]
    products = vectors @ vectors.T
    if pool.probabilities is not None:
        errors = pool.probabilities[pool.open].copy()
        errors[np.arange(len(errors)), errors.argmax(axis=1)] -= 1
        products = (errors @ errors.T) * (1 + products)
    return pool.open[_plus_plus(products, count, rng)]


STRATEGIES: dict[str, Strategy] = {
    "random": at_random,
    "margin": least_margin,
    "k-centre": k_centre,
    "diverse-margin": diverse_margin,
    "badge": badge,
}
DEFAULT = "diverse-margin"


def _farthest(pool: Pool, weights: Array, count: int, rng: np.random.Generator) -> Indices:
    vectors = pool.vectors[pool.open]
    nearest = _squared(vectors, pool.vectors[pool.labelled]).min(axis=1, initial=np.inf)
    chosen: list[int] = []
    for _ in range(count):
        if np.isinf(nearest).all():
            place = int(rng.integers(len(vectors)))
        else:
            gain = weights * np.sqrt(nearest)
            gain[chosen] = -1
            place = int(gain.argmax())
        chosen.append(place)
        nearest = np.minimum(nearest, _squared(vectors, vectors[[place]])[:, 0])
    return pool.open[chosen]


def _plus_plus(products: Array, count: int, rng: np.random.Generator) -> list[int]:
    """Seeds of k-means++ (Arthur & Vassilvitskii 2007) by dot products [N, N]."""
    lengths = np.diag(products)
    nearest = lengths.copy()
    chosen: list[int] = []
    for _ in range(count):
        chances = np.maximum(nearest, 0) + 1e-12
        chances[chosen] = 0
        place = int(rng.choice(len(chances), p=chances / chances.sum()))
        chosen.append(place)
        distance = lengths + lengths[place] - 2 * products[place]
        nearest = distance if len(chosen) == 1 else np.minimum(nearest, distance)
    return chosen


def _squared(left: Array, right: Array) -> Array:
    """Squared distances [N, M] of rows."""
    lengths = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)
    distances: Array = np.maximum(lengths - 2 * left @ right.T, 0)
    return distances
