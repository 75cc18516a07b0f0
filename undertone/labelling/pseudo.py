"""Pseudo-labels: a bundle labels what it is sure of (Lee 2013, "Pseudo-Label")."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from undertone.corpora.base import Reject, SourceUtterance
from undertone.errors import UndertoneError
from undertone.labelling.table import Label
from undertone.labels import EMOTIONS
from undertone.prediction import Prediction
from undertone.progress import track


class Predicts(Protocol):
    """Tells the emotion of an utterance, as `undertone.inference.Predictor` does."""

    def predict(
        self, audio: bytes | Path | None, text: str | None = None, image: bytes | None = None
    ) -> Prediction:
        """The emotion of one utterance."""
        ...


def pseudo_label(
    predictor: Predicts, utterances: Sequence[SourceUtterance]
) -> tuple[list[Label], list[Reject]]:
    """Let a bundle label utterances by their recording and, where it is known, their text.

    Returns:
        A label of every utterance that can be used, whatever its confidence, see
        `undertone.labelling.accepting`; and why the others cannot.
    """
    labels, rejects = [], []
    for utterance in track(utterances, "labelling"):
        try:
            prediction = predictor.predict(utterance.source, utterance.text)
        except UndertoneError as error:
            rejects.append(Reject(utterance.place, str(error)))
            continue
        if prediction.emotion not in EMOTIONS:
            rejects.append(Reject(utterance.place, f"the model answers '{prediction.emotion}'"))
        else:
            labels.append(Label(utterance, prediction.emotion, prediction.confidence))
    return labels, rejects
