"""How often the watch raises a false alarm: simulated months in which nothing is wrong."""

from statistics import fmean

import numpy as np
import pandas as pd

from examples.market_mood.settings import HOURS_A_DAY, POLARITIES, Settings
from examples.market_mood.watch import TopicWatch
from monitoring.simulation import Traffic
from monitoring.surges import Surge

DAYS = 30
SHARES = (0.35, 0.45, 0.20)  # positive, neutral, negative
STORIES = 8  # a window and topic
USUAL = Traffic(SHARES, clips=2)


def false_alarms(settings: Settings, months: int, seed: int = 17) -> float:
    """Mean surges that begin in 30 quiet days, over all topics together.

    Args:
        settings: as the watch has them.
        months: to simulate.
        seed: of all that is drawn.
    """
    rng = np.random.default_rng(seed)
    return fmean(_quiet_month(settings, rng) for _ in range(months))


def _quiet_month(settings: Settings, rng: np.random.Generator) -> int:
    return sum(_surges(settings, rng) for _ in settings.topics)


def _surges(settings: Settings, rng: np.random.Generator) -> int:
    a_day = HOURS_A_DAY / settings.window_hours
    watch = TopicWatch(
        _stories(round(settings.baseline_days * a_day) * STORIES, rng),
        settings.drift(len(settings.topics)),
    )
    looks = (watch.look(_stories(STORIES, rng)) for _ in range(round(DAYS * a_day)))
    return sum(surge is Surge.BEGINS for surge, _ in looks)


def _stories(count: int, rng: np.random.Generator) -> pd.DataFrame:
    frame = USUAL.frame(count, rng)
    to = dict(zip(USUAL.emotions, POLARITIES, strict=True))
    shares = {f"p_{name}": f"p_{polarity}" for name, polarity in to.items()}
    return frame.assign(emotion=frame["emotion"].map(to)).rename(columns=shares)
