"""What is gained by answering only where a model is sure."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def risk_coverage(
    confidences: npt.ArrayLike, correct: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Coverage [N] and risk [N] as one answer after the other is let through, the surest first.

    El-Yaniv and Wiener 2010, "On the Foundations of Noise-free Selective Classification": coverage
    is the share of utterances that are answered, risk the share of wrong ones among them.

    Args:
        confidences: [N], of each answer.
        correct: [N], whether it was right.
    """
    order = np.argsort(-np.asarray(confidences), kind="stable")
    answered = np.arange(1, len(order) + 1)
    return answered / len(order), np.cumsum(~correct[order]) / answered


def area_under_risk(confidences: npt.ArrayLike, correct: npt.NDArray[np.bool_]) -> float:
    """The area under the risk-coverage curve (AURC): the mean risk over all coverages.

    Geifman, Uziel and El-Yaniv 2019, "Bias-Reduced Uncertainty Estimation for Deep Neural
    Classifiers" (arXiv 1805.08206). A model whose confidence says nothing has its error rate.

    Args:
        confidences: [N], of each answer.
        correct: [N], whether it was right.
    """
    return float(risk_coverage(confidences, correct)[1].mean())
