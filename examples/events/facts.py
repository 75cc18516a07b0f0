"""What rules can ask about an event of a stream."""

from dataclasses import dataclass
from typing import Self

from serving.streaming.messages import Final, Provisional


@dataclass(frozen=True)
class Facts:
    """One judged utterance, or what there is of it so far.

    Attributes:
        at: seconds of the stream at which it ended.
        ended: whether the utterance has; otherwise it is judged by the voice so far.
        emotion: the likeliest, or `unknown`.
        confidence: probability of the likeliest emotion.
        valence: from -1 to 1, as `arousal` and `dominance`; 0 where the service does not tell.
        text: what was said, in lower case.
    """

    at: float
    ended: bool = True
    emotion: str = "neutral"
    confidence: float = 1.0
    valence: float = 0.0
    arousal: float = 0.0
    dominance: float = 0.0
    text: str = ""

    @classmethod
    def of(cls, event: Final | Provisional) -> Self:
        """The facts of an event."""
        scales = event.dimensions.model_dump(exclude={"source"}) if event.dimensions else {}
        ended = isinstance(event, Final)
        said = event.transcript if isinstance(event, Final) else None
        return cls(
            at=event.end,
            ended=ended,
            emotion=event.emotion,
            confidence=event.confidence,
            text=said.text.lower() if said else "",
            **scales,
        )
