"""What active learning would have saved: labels are uncovered as a strategy asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from undertone.labelling.active import STRATEGIES, Pool, Strategy
from undertone.labelling.probe import Array, Indices, Probe, Space
from undertone.progress import track
from undertone.training.examples import Examples


@dataclass(frozen=True)
class Curve:
    """Predictions of all utterances by models that learnt from a share of the labels.

    Attributes:
        strategy: what chose the labels.
        shares: of the training speakers' labels [S], from few to all.
        predicted: index of the predicted emotion [seeds, S, N].
    """

    strategy: str
    shares: tuple[float, ...]
    predicted: Indices


@dataclass(frozen=True)
class _Fold:
    test: Indices
    space: Space
    unseen: Array
    targets: Indices


def simulate(
    examples: Examples,
    labels: Sequence[str],
    strategies: Sequence[str],
    shares: Sequence[float],
    seeds: int,
) -> list[Curve]:
    """Simulate active learning for each strategy, leaving one speaker out at a time.

    The test speaker takes no part: not in standardisation, nor in what is chosen. The others are
    a pool without labels, whose labels are uncovered share by share; the first share is chosen
    without any.

    Args:
        examples: labelled utterances with recordings.
        labels: the emotions in the order of the predictions.
        strategies: names of `STRATEGIES`.
        shares: growing shares of the pool, up to 1.
        seeds: how often each is repeated.
    """
    targets = examples.targets(labels).numpy()
    folds = _folds(examples, targets)
    curves = []
    for name in strategies:
        predicted = np.empty((seeds, len(shares), len(examples)), np.intp)
        turns = [(seed, number) for seed in range(seeds) for number in range(len(folds))]
        for seed, number in track(turns, f"choosing by {name}"):
            fold, rng = folds[number], np.random.default_rng([seed, number])
            found = _uncover(fold, STRATEGIES[name], shares, len(labels), rng)
            predicted[seed][:, fold.test] = found
        curves.append(Curve(name, tuple(shares), predicted))
    return curves


def _folds(examples: Examples, targets: Indices) -> list[_Fold]:
    from sklearn.model_selection import LeaveOneGroupOut

    turns = LeaveOneGroupOut().split(targets, groups=examples.rows["speaker_id"])
    folds = []
    for train, test in turns:
        space = Space(examples.statistics[train])
        unseen = space.vectors(examples.statistics[test])
        folds.append(_Fold(test, space, unseen, targets[train]))
    return folds


def _uncover(
    fold: _Fold,
    strategy: Strategy,
    shares: Sequence[float],
    classes: int,
    rng: np.random.Generator,
) -> Indices:
    """Predictions for the test speaker after each share [S, M]."""
    vectors, targets = fold.space.pool, fold.targets
    labelled = np.zeros(len(targets), bool)
    probabilities = None
    found = []
    for share in shares:
        count = round(share * len(targets)) - int(labelled.sum())
        pool = Pool(vectors, labelled.copy(), probabilities)
        labelled[strategy(pool, count, rng)] = True
        probe = Probe().fit(vectors[labelled], targets[labelled], classes)
        probabilities = probe.probabilities(vectors)
        found.append(probe.probabilities(fold.unseen).argmax(axis=1))
    return np.array(found)
