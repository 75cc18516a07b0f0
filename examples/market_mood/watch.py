"""Windows per topic, and an alert when the negative share surges beyond its control limit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict

from examples.market_mood.items import Judged
from examples.market_mood.settings import Settings
from monitoring.calls import Calls
from monitoring.finding import Finding
from monitoring.reference import SMALLEST_REFERENCE, Reference
from monitoring.surges import Surge, SurgeGate
from undertone.config import DriftParams
from undertone.errors import UndertoneError

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


class TopicWatch:
    """Watches the negative share of one topic.

    Attributes:
        usual: the share in the baseline.
        limit: the control limit.

    Args:
        baseline: its items of days in which nothing was wrong, as `frame_of` makes it.
        params: of the surge gate.
    """

    def __init__(self, baseline: pd.DataFrame, params: DriftParams) -> None:
        self._reference = Reference.from_frame(baseline)
        self._surges = SurgeGate(self._reference, params)
        self.usual = float(self._surges.gate.reference.mean[0])
        self.limit = self.usual + float(self._surges.gate.band[0])
        self._evidence = self._surges.gate.none_yet()
        self._surging = False

    def look(self, frame: pd.DataFrame, elapsed: float = 1.0) -> tuple[Surge, Finding]:
        """Judge one more window.

        Args:
            frame: its items, at least one.
            elapsed: in windows, since the last look.
        """
        calls = Calls.of_frame(frame, self._reference.emotions, {})
        self._evidence, finding, surge = self._surges.judge(
            self._evidence, self._surges.window(calls), elapsed, surging=self._surging
        )
        self._surging = surge in (Surge.BEGINS, Surge.GOES_ON)
        return surge, finding


class Watch:
    """Watches all topics of a stream, whose first days are the baseline of each.

    A topic with fewer than 30 items in the baseline is not watched. The same items give the same
    windows and alerts, whenever they are seen.

    Attributes:
        windows: that have ended.
        alerts: of these.

    Args:
        settings: lengths of windows and baseline, and the false alarms allowed.
    """

    def __init__(self, settings: Settings) -> None:
        self.windows: list[Window] = []
        self.alerts: list[Alert] = []
        self._settings = settings
        self._topics: dict[str, TopicWatch] = {}
        self._looked: dict[str, datetime] = {}
        self._open: list[Judged] = []
        self._end: datetime | None = None

    def see(self, item: Judged) -> list[Alert]:
        """Take an item in, in the order of time.

        Returns:
            The alerts of the window that it closes, if it does.

        Raises:
            UndertoneError: the baseline ends here, and has too few items of every topic.
        """
        told: list[Alert] = []
        if self._end is None:
            self._end = item.at + self._settings.baseline
        if item.at >= self._end:
            told = self.close()
        while item.at >= self._end:
            self._end += self._settings.window
        self._open.append(item)
        return told

    def close(self) -> list[Alert]:
        """End the open window, as at the end of a recorded stream.

        Returns:
            Its alerts.

        Raises:
            UndertoneError: it is the baseline, and has too few items of every topic.
        """
        items, self._open = self._open, []
        if not self._topics:
            self._learn(items)
            return []
        by_topic = _by_topic(items)
        told = [
            alert
            for topic in self._topics
            if topic in by_topic and (alert := self._look(topic, by_topic[topic]))
        ]
        self.alerts += told
        return told

    def _learn(self, items: Sequence[Judged]) -> None:
        known = {
            topic: about
            for topic, about in sorted(_by_topic(items).items())
            if len(about) >= SMALLEST_REFERENCE
        }
        if not known:
            days = self._settings.baseline_days
            raise UndertoneError(
                f"No topic has {SMALLEST_REFERENCE} items in the first {days:g} days, which are "
                "the baseline. Record more, or set baseline_days."
            )
        params = self._settings.drift(len(known))
        for topic, about in known.items():
            self._topics[topic] = TopicWatch(frame_of(about), params)
            self._looked[topic] = self._ended

    def _look(self, topic: str, items: Sequence[Judged]) -> Alert | None:
        watched, end = self._topics[topic], self._ended
        elapsed = (end - self._looked[topic]) / self._settings.window
        self._looked[topic] = end
        frame = frame_of(items)
        surge, finding = watched.look(frame, elapsed)
        self.windows.append(self._window(topic, frame, finding))
        if surge not in (Surge.BEGINS, Surge.ENDS):
            return None
        (shift,) = finding.shifts
        return Alert(
            topic=topic,
            at=end,
            surge=surge,
            negative=shift.live,
            half_width=shift.half_width,
            usual=watched.usual,
            limit=watched.limit,
            stories=finding.calls_used,
            proof=_proof(items),
        )

    def _window(self, topic: str, frame: pd.DataFrame, finding: Finding) -> Window:
        watched = self._topics[topic]
        stories = Calls.of_frame(frame, (NEGATIVE,), {})
        return Window(
            topic=topic,
            start=self._ended - self._settings.window,
            end=self._ended,
            items=len(frame),
            negative=float(stories.means.mean()),
            usual=watched.usual,
            limit=watched.limit,
            evidence=finding.evidence / finding.threshold,
        )

    @property
    def _ended(self) -> datetime:
        if self._end is None:
            raise UndertoneError("The stream is empty.")
        return self._end


def frame_of(items: Sequence[Judged]) -> pd.DataFrame:
    """Judged items as the platform's monitoring takes predictions, polarity for emotion."""
    rows = [
        {f"p_{name}": share for name, share in item.shares.items()}
        | {"emotion": item.polarity, "call_id": item.story, "created_at": item.at}
        for item in items
    ]
    return pd.DataFrame(rows)


def _by_topic(items: Sequence[Judged]) -> dict[str, list[Judged]]:
    parted: dict[str, list[Judged]] = {}
    for item in items:
        parted.setdefault(item.topic, []).append(item)
    return parted


def _proof(items: Sequence[Judged]) -> tuple[Proof, ...]:
    negative = [item for item in items if item.polarity == NEGATIVE]
    worst = sorted(negative, key=lambda item: -item.shares[NEGATIVE])[:MOST_ITEMS]
    return tuple(
        Proof(
            id=one.id,
            emotion=one.emotion,
            negative=round(one.shares[NEGATIVE], 4),
            text=one.text,
        )
        for one in worst
    )
