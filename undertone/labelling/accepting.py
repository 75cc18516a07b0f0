"""Which labels that nobody listened for are good enough to train on."""

from collections import Counter
from collections.abc import Sequence

from undertone.corpora.base import Reject
from undertone.labelling.table import Label


def accept(
    labels: Sequence[Label], floor: float, cap: int | None = None
) -> tuple[list[Label], list[Reject]]:
    """Part the labels that are sure enough from the others.

    A cap keeps the easy emotions from swamping the rest, as in Zou et al. 2018, "Unsupervised
    Domain Adaptation for Semantic Segmentation via Class-Balanced Self-Training".

    Args:
        labels: what was guessed.
        floor: confidence from which on a label counts.
        cap: labels of each emotion at most, the surest first; no bound without it.

    Returns:
        The accepted labels in their order, and why each other one is refused.
    """
    taken: Counter[str] = Counter()
    refused: dict[str, Reject] = {}
    for label in sorted(labels, key=lambda label: -label.confidence):
        place = label.utterance.utterance_id
        said = f"{label.emotion} with a confidence of {label.confidence:.3f}"
        if label.confidence < floor:
            refused[place] = Reject(place, f"{said}, below the floor of {floor:g}")
        elif cap is not None and taken[label.emotion] >= cap:
            refused[place] = Reject(place, f"{said}, but {cap} of {label.emotion} are surer")
        else:
            taken[label.emotion] += 1
    accepted = [label for label in labels if label.utterance.utterance_id not in refused]
    return accepted, list(refused.values())
