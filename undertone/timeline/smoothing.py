"""The likeliest course of emotions, where a change has its price."""

import numpy as np
import numpy.typing as npt

SMALLEST_SHARE = 1e-12


def smooth(shares: npt.NDArray[np.float64], switch_cost: float) -> npt.NDArray[np.intp]:
    """The path of classes [S] that `shares` [S, K] make likeliest, each change costing something.

    Viterbi's algorithm (Forney 1973, "The Viterbi Algorithm") with one cost for all changes.

    Args:
        shares: probabilities of the K classes in each of S steps.
        switch_cost: what a change takes from the sum of log-probabilities; 0 leaves the likeliest
            class of each step, infinity the likeliest class of all of them.
    """
    scores = np.log(np.maximum(shares, SMALLEST_SHARE))
    best, origins = scores[0], []
    for row in scores[1:]:
        leader = int(best.argmax())
        stays = best >= best[leader] - switch_cost
        origins.append(np.where(stays, np.arange(len(row)), leader))
        best = np.where(stays, best, best[leader] - switch_cost) + row
    path = [int(best.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1], dtype=np.intp)
