"""How a customer feels over the time of a call, and when a supervisor should know."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Self

from examples.contact_centre.settings import EscalationRule
from serving.streaming.messages import Final
from undertone.abstention import UNKNOWN


@dataclass(frozen=True)
class Moment:
    """One utterance of the customer.

    Attributes:
        start: in seconds of the call, as `end`.
        text: what was said.
        emotion: the likeliest, or `unknown`.
        distribution: over all emotions.
        valence: from -1, unpleasant, to 1; 0 where the service does not tell.
        prediction_id: by which feedback refers to it.
    """

    start: float
    end: float
    text: str
    emotion: str
    distribution: Mapping[str, float]
    valence: float
    prediction_id: str

    @classmethod
    def of(cls, final: Final) -> Self:
        """What the service said about an utterance."""
        return cls(
            start=final.start,
            end=final.end,
            text=final.transcript.text if final.transcript else "",
            emotion=final.emotion,
            distribution=final.distribution,
            valence=final.dimensions.valence if final.dimensions else 0.0,
            prediction_id=final.prediction_id,
        )

    def share(self, emotions: Sequence[str]) -> float:
        """The probability of some emotions together."""
        return sum(self.distribution.get(emotion, 0.0) for emotion in emotions)


@dataclass(frozen=True)
class Alert:
    """A call for a supervisor.

    Attributes:
        at: seconds of the call.
        reason: what was measured and where the limit is, in words.
    """

    at: float
    reason: str


class Escalation:
    """Watches one call.

    An alert is raised once and stands until the customer is calm again.

    Attributes:
        raised: whether it stands.
        alerts: all so far.

    Args:
        rule: when it is raised and when it ends.
    """

    def __init__(self, rule: EscalationRule) -> None:
        self.raised = False
        self.alerts: list[Alert] = []
        self._rule = rule
        self._recent: deque[Moment] = deque(maxlen=rule.utterances)

    def see(self, moment: Moment) -> Alert | None:
        """Take an utterance in; one whose emotion is unknown decides nothing.

        Returns:
            The alert that it raises, if any.
        """
        if moment.emotion == UNKNOWN:
            return None
        self._recent.append(moment)
        negative = fmean(one.share(self._rule.emotions) for one in self._recent)
        if self.raised:
            self.raised = negative >= self._rule.calm
            return None
        reason = self._reason(negative, fmean(one.valence for one in self._recent))
        if reason is None or len(self._recent) < self._rule.utterances:
            return None
        self.raised = True
        self.alerts.append(Alert(moment.end, reason))
        return self.alerts[-1]

    def _reason(self, negative: float, valence: float) -> str | None:
        over = f"over the last {self._rule.utterances} utterances"
        if negative >= self._rule.negative:
            return f"{negative:.0%} negative {over}, limit {self._rule.negative:.0%}"
        if valence <= self._rule.valence:
            return f"valence {valence:+.2f} {over}, limit {self._rule.valence:+.2f}"
        return None
