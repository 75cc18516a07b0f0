"""Learning curves of many models, and their mean."""

from collections.abc import Sequence

Curve = list[dict[str, float]]  # epoch by epoch: `epoch`, losses and validation scores
Curves = dict[str, Curve]  # by stage of a fit


def mean_curves(models: Sequence[Curves]) -> Curves:
    """Curves of several fits as one: means over the models that were still training.

    Models stop early, and those that go on are not those that stopped: an epoch that fewer than
    half of them reached is left out.

    Args:
        models: the curves of each.
    """
    stages = dict.fromkeys(stage for curves in models for stage in curves)
    return {stage: _mean([curves.get(stage, []) for curves in models]) for stage in stages}


def _mean(curves: Sequence[Curve]) -> Curve:
    longest = max(map(len, curves))
    reached = [[curve[place] for curve in curves if place < len(curve)] for place in range(longest)]
    return [_together(there) for there in reached if 2 * len(there) >= len(curves)]


def _together(epochs: Sequence[dict[str, float]]) -> dict[str, float]:
    names = [name for name in epochs[0] if all(name in epoch for epoch in epochs)]
    return {name: sum(epoch[name] for epoch in epochs) / len(epochs) for name in names}
