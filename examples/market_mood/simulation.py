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
NEGATIVE = SHARES.index(0.20)
STORIES = 8  # a window and topic
USUAL = Traffic(SHARES, clips=2)


def alarms(settings: Settings, months: int, risen: float = 0.0, seed: int = 17) -> float:
    """Mean surges that begin in 30 days, over all topics together.

    Args:
        settings: as the watch has them.
        months: to simulate.
        risen: by how much the negative share lies above the baseline's; 0 is a false alarm.
        seed: of all that is drawn.
    """
    rng = np.random.default_rng(seed)
    live = USUAL.shifted(risen, NEGATIVE)
    return fmean(sum(_surges(settings, live, rng) for _ in settings.topics) for _ in range(months))


def _surges(settings: Settings, live: Traffic, rng: np.random.Generator) -> int:
    a_day = HOURS_A_DAY / settings.window_hours
    baseline = _stories(USUAL, round(settings.baseline_days * a_day) * STORIES, rng)
    watch = TopicWatch(baseline, settings.drift(len(settings.topics)))
    looks = (watch.look(_stories(live, STORIES, rng)) for _ in range(round(DAYS * a_day)))
    return sum(surge is Surge.BEGINS for surge, _ in looks)


def _stories(traffic: Traffic, count: int, rng: np.random.Generator) -> pd.DataFrame:
    frame = traffic.frame(count, rng)
    to = dict(zip(traffic.emotions, POLARITIES, strict=True))
    shares = {f"p_{name}": f"p_{polarity}" for name, polarity in to.items()}
    return frame.assign(emotion=frame["emotion"].map(to)).rename(columns=shares)
