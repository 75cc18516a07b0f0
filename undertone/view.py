"""A caller's own emotions: some of the model's, renamed or joined."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from undertone.abstention import UNKNOWN
from undertone.errors import UndertoneError
from undertone.prediction import Prediction, Segment, Word, top

Shares = Mapping[str, float]


@dataclass(frozen=True)
class View:
    """How a caller wants the emotions told.

    Attributes:
        names: the caller's name of each of the model's emotions that is wanted. Those of one name
            are joined, and what is not wanted is left out, the rest scaled to sum to 1.
    """

    names: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `anger,sadness` or `{"anger": "negative", "sadness": "negative"}`.

        Raises:
            UndertoneError: it is neither.
        """
        if not text.lstrip().startswith("{"):
            wanted = [name.strip() for name in text.split(",") if name.strip()]
            return cls({name: name for name in wanted})
        try:
            names = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UndertoneError(f"labels is not JSON: {error}.") from error
        if not all(isinstance(name, str) and name for name in names.values()):
            raise UndertoneError("labels must give each emotion a name, as a JSON string.")
        return cls(names)

    def require_known(self, emotions: Shares) -> None:
        """Make sure that a model tells these emotions.

        Raises:
            UndertoneError: it does not know one, or none is wanted.
        """
        if unknown := sorted(set(self.names) - set(emotions)):
            known = ", ".join(emotions)
            raise UndertoneError(f"The model tells no {unknown[0]!r:.60}. It tells: {known}.")
        if not self.names:
            raise UndertoneError("labels names no emotion.")

    def of(self, prediction: Prediction) -> Prediction:
        """A prediction as the caller wants it told.

        Raises:
            UndertoneError: the model does not tell an emotion that is wanted.
        """
        self.require_known(prediction.distribution)
        distribution = self._told(prediction.distribution)
        emotion, confidence = top(distribution)
        transcript = prediction.transcript
        if transcript is not None:
            words = [self._word(word) for word in transcript.words]
            transcript = transcript.model_copy(update={"words": words})
        return prediction.model_copy(
            update={
                "emotion": UNKNOWN if prediction.unknown else emotion,
                "confidence": confidence,
                "distribution": distribution,
                "by_modality": {
                    name: self._told(shares) for name, shares in prediction.by_modality.items()
                },
                "transcript": transcript,
                "timeline": prediction.timeline and list(map(self._segment, prediction.timeline)),
            }
        )

    def _told(self, shares: Shares) -> dict[str, float]:
        told = dict.fromkeys(self.names.values(), 0.0)
        for emotion, name in self.names.items():
            told[name] += shares[emotion]
        total = sum(told.values())
        if not total:
            return dict.fromkeys(told, 1 / len(told))
        return {name: share / total for name, share in told.items()}

    def _segment(self, segment: Segment) -> Segment:
        distribution = self._told(segment.distribution)
        emotion, confidence = top(distribution)
        update = {"emotion": emotion, "confidence": confidence, "distribution": distribution}
        return segment.model_copy(update=update)

    def _word(self, word: Word) -> Word:
        emotion = self.names.get(word.emotion) if word.emotion else None
        return word.model_copy(update={"emotion": emotion})
