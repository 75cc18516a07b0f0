"""Windows per topic, and an alert when the negative share surges beyond its control limit."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from examples.market_mood.alerts import NEGATIVE, Alert, Proof, Window
from examples.market_mood.items import Judged
from examples.market_mood.settings import Settings
from monitoring.calls import Calls
from monitoring.finding import Finding
from monitoring.reference import SMALLEST_REFERENCE, Reference
from monitoring.surges import Surge, SurgeGate
from undertone.config import DriftParams
from undertone.errors import UndertoneError


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
            self._topics[topic] = TopicWatch(self._frame(about), params)
            self._looked[topic] = self._ended

    def _look(self, topic: str, items: Sequence[Judged]) -> Alert | None:
        watched, end = self._topics[topic], self._ended
        elapsed = (end - self._looked[topic]) / self._settings.window
        self._looked[topic] = end
        frame = self._frame(items)
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
            proof=Proof.of(items),
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

    def _frame(self, items: Sequence[Judged]) -> pd.DataFrame:
        frame = frame_of(items)
        return frame if self._settings.swings else frame.drop(columns="created_at")

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
