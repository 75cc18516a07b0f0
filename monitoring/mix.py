"""The true mix of emotions behind predicted ones, by undoing the champion's known confusions."""

from dataclasses import dataclass

import numpy as np

from monitoring.ranks import Array

STEPS = 300
SMOOTHING = 0.5


@dataclass(frozen=True)
class Mix:
    """Estimated true shares of the K emotions, with 90 % intervals."""

    share: Array
    low: Array
    high: Array


def unmix(predicted: Array, confusion: Array) -> Array:
    """Maximum likelihood shares of true classes, by expectation maximisation.

    Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to new a priori
    probabilities", Neural Computation 14 (2002), with the classifier's decisions in place of
    its probabilities, which need not be calibrated on shifted data.

    Args:
        predicted: shares of predicted classes [..., K].
        confusion: P(predicted | true) [..., K predicted, K true].

    Returns:
        Shares of true classes [..., K].
    """
    share = np.full(predicted.shape, 1 / predicted.shape[-1])
    for _ in range(STEPS):
        expected = np.einsum("...pt,...t->...p", confusion, share)
        ratio = predicted / np.maximum(expected, 1e-12)
        share = share * np.einsum("...pt,...p->...t", confusion, ratio)
        share /= share.sum(axis=-1, keepdims=True)
    return share


def rates(confusion: Array) -> Array:
    """Counts [K predicted, K true] as smoothed P(predicted | true)."""
    smooth = confusion + SMOOTHING
    return np.asarray(smooth / smooth.sum(axis=0))


def true_mix(
    predicted: Array, size: int, confusion: Array, *, draws: int = 400, seed: int = 17
) -> Mix:
    """Estimate the true mix; intervals redraw the predictions and the confusions both.

    Args:
        predicted: shares of predicted classes [K].
        size: how many independent predictions they are worth.
        confusion: counts on test [K predicted, K true].
        draws: how many.
        seed: of the drawing.
    """
    rng = np.random.default_rng(seed)
    redrawn = rng.multinomial(size, predicted / predicted.sum(), size=draws) / size
    gammas = rng.gamma(np.broadcast_to(confusion + SMOOTHING, (draws, *confusion.shape)))
    drawn = unmix(redrawn, gammas / gammas.sum(axis=1, keepdims=True))
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    return Mix(unmix(predicted, rates(confusion)), low, high)
