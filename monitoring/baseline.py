"""Taking a baseline of live traffic, and reading it again as a reference."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from monitoring.calls import Calls
from monitoring.ranks import Ranks
from monitoring.reference import Reference, emotions_of, ranks_of
from monitoring.store import BaselineRow, Store
from undertone.errors import ConfigError

MOST_CALLS = 5_000
FEWEST_CALLS = 100
FOR_RANKS = 50_000
SEED = 17


def take_baseline(
    store: Store,
    champion: str,
    tested: pd.DataFrame,
    *,
    since: datetime,
    until: datetime,
    by: str,
) -> BaselineRow:
    """Make a period of live traffic what a champion's predictions are compared with.

    Of the calls, `MOST_CALLS` drawn at random are kept.

    Args:
        store: the operational store.
        champion: its tag.
        tested: its evaluation's predictions.
        since: start of the period.
        until: its end.
        by: who vouches that nothing was wrong.

    Raises:
        ConfigError: there are too few calls in it.
    """
    emotions = emotions_of(tested, "the evaluation")
    share = FOR_RANKS / max(store.count_predictions(since, until, champion), 1)
    ranks = ranks_of(store.predictions(since, until, champion, share=share))
    parts = list(store.calls(emotions, ranks, since, until, champion))
    total = sum(map(len, parts))
    if total < FEWEST_CALLS:
        raise ConfigError(
            f"{champion} had {total} calls from {since:%F %H:%M} to {until:%F %H:%M}; a baseline "
            f"needs at least {FEWEST_CALLS}. Take a longer period."
        )
    chosen = np.random.default_rng(SEED).permutation(total)[:MOST_CALLS]
    means = np.concatenate([calls.means for calls in parts])[chosen]
    hours = np.concatenate([calls.hours for calls in parts])[chosen]
    details = {
        "ranks": {name: asdict(rank) for name, rank in ranks.items()},
        "means": [
            [None if np.isnan(value) else value for value in call] for call in means.round(5)
        ],
        "hours": hours.astype(str).tolist(),
    }
    return store.add_baseline(
        BaselineRow(champion=champion, since=since, until=until, by=by, details=details)
    )


def reference_from(details: Mapping[str, Any], tested: pd.DataFrame) -> Reference:
    """A baseline's `details` as what the gate compares with."""
    ranks = {
        name: Ranks(tuple(rank["edges"]), tuple(rank["heights"]))
        for name, rank in details["ranks"].items()
    }
    sample = Calls(
        np.array(details["means"], dtype=float), np.array(details["hours"], "datetime64[h]")
    )
    return Reference.from_baseline(sample, ranks, tested)
