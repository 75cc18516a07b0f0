"""A quick classifier of acoustic statistics, to choose with: a fit takes a fraction of a second."""

from typing import Self

import numpy as np
import numpy.typing as npt
from torch import Tensor

C = 0.01
MAX_ITERATIONS = 300

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


class Space:
    """Statistics as vectors: standardised, and turned to the axes along which a pool varies.

    A turn loses nothing, so that a linear classifier finds in it what it finds in the statistics.
    No label is looked at.

    Args:
        statistics: of the pool's utterances [N, L + 1, 2·D].
    """

    def __init__(self, statistics: Tensor) -> None:
        from sklearn.decomposition import PCA
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self._turn = make_pipeline(StandardScaler(), PCA(svd_solver="full"))
        self.pool: Array = self._turn.fit_transform(_flat(statistics))

    def vectors(self, statistics: Tensor) -> Array:
        """Vectors [M, R] of other utterances' statistics [M, L + 1, 2·D]."""
        found: Array = self._turn.transform(_flat(statistics))
        return found


class Probe:
    """Multinomial logistic regression, L2-regularised with C = 0.01, which is not tuned."""

    def fit(self, vectors: Array, targets: Indices, classes: int) -> Self:
        """Learn from vectors [N, R] and the indices of their emotions [N]."""
        from sklearn.linear_model import LogisticRegression

        self._classes = classes
        self._known = np.unique(targets)
        self._model = LogisticRegression(C=C, max_iter=MAX_ITERATIONS, tol=1e-3)
        if len(self._known) > 1:
            self._model.fit(vectors, targets)
        return self

    def probabilities(self, vectors: Array) -> Array:
        """Distributions [M, K] over the emotions; those that it never saw have none."""
        shares = np.zeros((len(vectors), self._classes))
        shares[:, self._known] = self._model.predict_proba(vectors) if len(self._known) > 1 else 1.0
        return shares


def _flat(statistics: Tensor) -> Array:
    flat: Array = statistics.flatten(1).numpy().astype(np.float64)
    return flat
