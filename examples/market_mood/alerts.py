"""What is told of a topic: its windows, and surges with their evidence."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from examples.market_mood.items import Judged
from monitoring.surges import Surge

MOST_ITEMS = 5
NEGATIVE = "negative"


class Window(BaseModel):
    """One window of a topic.

    Attributes:
        topic: what its items are about.
        start: when it begins.
        end: when it ends.
        items: how many there were.
        negative: the share of the stories that were negative.
        usual: the share in the baseline.
        limit: the control limit; no share below it is ever a surge.
        evidence: for a surge so far, as a share of what an alert takes.
    """

    model_config = ConfigDict(frozen=True)

    topic: str
    start: datetime
    end: datetime
    items: int
    negative: float
    usual: float
    limit: float
    evidence: float


class Proof(BaseModel):
    """An item that speaks for an alert."""

    model_config = ConfigDict(frozen=True)

    id: str
    emotion: str
    negative: float
    text: str

    @classmethod
    def of(cls, items: Sequence[Judged]) -> tuple[Self, ...]:
        """The most negative of a window's items."""
        negative = [item for item in items if item.polarity == NEGATIVE]
        worst = sorted(negative, key=lambda item: -item.shares[NEGATIVE])[:MOST_ITEMS]
        return tuple(
            cls(
                id=one.id,
                emotion=one.emotion,
                negative=round(one.shares[NEGATIVE], 4),
                text=one.text,
            )
            for one in worst
        )


class Alert(BaseModel):
    """A surge that begins or ends.

    Attributes:
        topic: of which.
        at: end of the window that told.
        surge: what it does.
        negative: the negative share over the stories that tell.
        half_width: of its 95 % interval.
        usual: the share in the baseline.
        limit: the control limit.
        stories: that tell, back from the window's end.
        proof: the most negative items of the window.
    """

    model_config = ConfigDict(frozen=True)

    topic: str
    at: datetime
    surge: Literal[Surge.BEGINS, Surge.ENDS]
    negative: float
    half_width: float
    usual: float
    limit: float
    stories: int
    proof: tuple[Proof, ...]

    def __str__(self) -> str:
        return (
            f"{self.at:%Y-%m-%d %H:%M} {self.topic}: a surge of negative items {self.surge}: "
            f"{self.negative:.0%} ± {100 * self.half_width:.0f} of {self.stories} stories, usually "
            f"{self.usual:.0%}, control limit {self.limit:.0%}"
        )
