"""The settings of the example, from `settings.yaml`."""

from datetime import timedelta
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from examples.events.lines import read
from undertone.config import DriftParams
from undertone.use import Purpose, Role

HERE = Path(__file__).parent
HOURS_A_DAY = 24
POLARITIES = ("positive", "neutral", "negative")


class Polarity(BaseModel):
    """Which emotions count as what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    positive: tuple[str, ...]
    neutral: tuple[str, ...]
    negative: tuple[str, ...]

    @cached_property
    def names(self) -> dict[str, str]:
        """The polarity of each emotion."""
        return {emotion: name for name in POLARITIES for emotion in getattr(self, name)}


class Settings(BaseModel):
    """All of them.

    Attributes:
        topics: by name, the words that tell what an item is about.
        polarity: which emotions are positive, neutral and negative.
        role: who speaks, as the service is told.
        purpose: what the emotion is for.
        window_hours: length of a window.
        baseline_days: from the first item; nothing was wrong in them.
        swings: whether what is usual differs by hour and day, as the baseline then tells.
        smallest_surge: of the negative share, worth an alert.
        false_alarms_per_30_days: expected at most, over all topics together.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    topics: dict[str, str] = Field(min_length=1)
    polarity: Polarity
    role: Role
    purpose: Purpose
    window_hours: float = Field(gt=0, le=HOURS_A_DAY)
    baseline_days: float = Field(gt=0)
    swings: bool
    smallest_surge: float = Field(gt=0, lt=0.5)
    false_alarms_per_30_days: float = Field(gt=0)

    @property
    def window(self) -> timedelta:
        """Length of a window."""
        return timedelta(hours=self.window_hours)

    @property
    def baseline(self) -> timedelta:
        """Length of the baseline."""
        return timedelta(days=self.baseline_days)

    def drift(self, topics: int) -> DriftParams:
        """The surge gate's settings for one of so many topics."""
        return DriftParams(
            negative=("negative",),
            negative_shift=self.smallest_surge,
            windows_per_day=HOURS_A_DAY / self.window_hours,
            false_alarms_per_30_days=self.false_alarms_per_30_days / topics,
        )


def load(path: Path = HERE / "settings.yaml") -> Settings:
    """Read the settings.

    Raises:
        ConfigError: they cannot be used; file and line stand in the message.
    """
    return read(path, Settings)
