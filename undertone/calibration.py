"""How far a confidence can be taken at its word: temperature, reliability, calibration error."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
BINS = 15
COLDEST, HOTTEST = 0.05, 20.0
UNMOVED_SPEAKERS = 2


@dataclass(frozen=True)
class ReliabilityBin:
    """The utterances whose confidence lies in (`lower`, `upper`], and how often they were right.

    `confidence` and `accuracy` are means over the bin, NaN where `count` is zero.
    """

    lower: float
    upper: float
    count: int
    confidence: float
    accuracy: float


def softmax(logits: npt.ArrayLike, temperature: float = 1.0) -> Array:
    """Probabilities [N, K] of logits [N, K] divided by `temperature`."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    exponents = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(exponents / exponents.sum(axis=-1, keepdims=True))


def fit_temperature(logits: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """The temperature that makes held-out logits likeliest.

    Temperature scaling of Guo et al. 2017, "On Calibration of Modern Neural Networks"
    (arXiv 1706.04599). The negative log-likelihood is convex in the inverse temperature, so a
    bounded search over its logarithm finds the one minimum.

    Args:
        logits: [N, K], of a split that the model was not trained on.
        labels: [N], indices of the true classes.

    Returns:
        A temperature between 0.05 and 20; 1.0 for no utterances.
    """
    from scipy.optimize import minimize_scalar

    scores = np.asarray(logits, dtype=np.float64)
    truth = np.asarray(labels, dtype=np.intp)
    if len(truth) == 0:
        return 1.0
    rows = np.arange(len(truth))

    def negative_log_likelihood(log_temperature: float) -> float:
        scaled = scores * np.exp(-log_temperature)
        peak = scaled.max(axis=1)
        log_total = peak + np.log(np.exp(scaled - peak[:, None]).sum(axis=1))
        return float(np.mean(log_total - scaled[rows, truth]))

    bounds = (float(np.log(COLDEST)), float(np.log(HOTTEST)))
    found = minimize_scalar(
        negative_log_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-6}
    )
    return float(np.exp(found.x))


def shrink_temperature(temperature: float, speakers: int) -> float:
    """A temperature that was fitted on few speakers, drawn towards 1.

    One or two validation speakers, who also chose the epoch, look surer than new ones are. Its
    logarithm counts by S / (S + 2), as if two speakers had asked for no change.

    Args:
        temperature: from `fit_temperature`.
        speakers: S, whom it was fitted on.
    """
    return float(temperature ** (speakers / (speakers + UNMOVED_SPEAKERS)))


def reliability_bins(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, bins: int = BINS
) -> list[ReliabilityBin]:
    """Sort predictions by confidence into `bins` bins of equal width.

    Args:
        probabilities: [N, K], rows that sum to one.
        labels: [N], indices of the true classes.
        bins: how many bins share the range from 0 to 1.
    """
    table = np.asarray(probabilities, dtype=np.float64)
    confidence = table.max(axis=1)
    right = table.argmax(axis=1) == np.asarray(labels)
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    return [
        _bin(edges[k], edges[k + 1], confidence[place == k], right[place == k]) for k in range(bins)
    ]


def expected_calibration_error(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, bins: int = BINS
) -> float:
    """The gap between confidence and accuracy, weighted by the utterances in each bin.

    Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning".

    Args:
        probabilities: [N, K], rows that sum to one.
        labels: [N], indices of the true classes.
        bins: how many bins of equal width share the range from 0 to 1.

    Returns:
        A number between 0 (confidence means what it says) and 1; NaN for no utterances.
    """
    filled = [part for part in reliability_bins(probabilities, labels, bins) if part.count]
    total = sum(part.count for part in filled)
    if not total:
        return float("nan")
    return sum(part.count * abs(part.confidence - part.accuracy) for part in filled) / total


def _bin(
    lower: float, upper: float, confidence: Array, right: npt.NDArray[np.bool_]
) -> ReliabilityBin:
    if len(confidence) == 0:
        return ReliabilityBin(float(lower), float(upper), 0, float("nan"), float("nan"))
    return ReliabilityBin(
        float(lower), float(upper), len(confidence), float(confidence.mean()), float(right.mean())
    )
