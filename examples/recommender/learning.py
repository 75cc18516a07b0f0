"""What the parts are worth, learnt from what people chose over what they were shown as well."""

from collections.abc import Sequence

import numpy as np

from examples.recommender.blend import PARTS, Floats
from examples.recommender.catalogue import Weights
from examples.recommender.logs import Logs

WEAKLY = 100.0  # regularised: the inverse strength, as of sklearn


def learn(logs: Logs, parts: Sequence[str] = PARTS) -> Weights:
    """Learn weights by logistic regression on pairs: the chosen one against each other.

    Args:
        logs: of those who are to learn from.
        parts: that may count; the others are worth nothing.
    """
    from sklearn.linear_model import LogisticRegression

    used = [PARTS.index(part) for part in parts]
    pairs = _pairs(logs)[:, used]
    signs = np.where(np.arange(len(pairs)) % 2, 1, -1)  # which of the two stands first is arbitrary
    fit = LogisticRegression(fit_intercept=False, C=WEAKLY).fit(pairs * signs[:, None], signs)
    return Weights(**dict.fromkeys(PARTS, 0.0) | dict(zip(parts, fit.coef_[0], strict=True)))


def _pairs(logs: Logs) -> Floats:
    """The chosen one's parts less another's [S * (K - 1), 4]."""
    sessions, candidates, _ = logs.seen.shape
    chosen = logs.seen[np.arange(sessions), logs.chosen]
    others = np.arange(candidates) != logs.chosen[:, None]
    pairs: Floats = (chosen[:, None] - logs.seen)[others]
    return pairs
