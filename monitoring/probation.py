"""A new champion on probation: what does worse on live traffic than the one before goes back.

Whether an answer is right is seldom known. The error proxy is the share of a call's answers that
are doubtful (`monitoring.store.review.doubt`) or contradicted by feedback.
"""

from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from monitoring.store import Store
from monitoring.store.tables import now
from undertone.config import PromotionParams

CHAMPION = "champion"
CERTAINTY = 1000.0  # of a thousand champions that are no worse, one goes back
FEWEST_CALLS = 30
BOLDEST = 0.5
LOOK_BACK = timedelta(days=14)


def roll_back_if_worse(store: Store, params: PromotionParams) -> str | None:
    """Let the champion before answer again if the new one is surely worse on live traffic.

    A bet that pays where a call has more errors than the old champion's mean and
    `max_doubt_rise` grows with every such call; it may be looked at any number of times
    (Waudby-Smith and Ramdas, 2024, "Estimating means of bounded random variables by betting").

    Args:
        store: the operational store.
        params: how long a champion is on probation, and how much worse it may be.

    Returns:
        Why it was rolled back, or nothing where it was not.

    Raises:
        StoreError: somebody moved the pointer at the same time.
    """
    moves = store.recent_moves(CHAMPION, 1)
    before = store.rollback_target(CHAMPION)
    if not moves or before is None or moves[0][0].is_rollback:
        return None
    move = moves[0][0]
    if move.created_at < now() - timedelta(hours=params.probation_hours):
        return None
    usual = _usual_errors(store, before, move.created_at)
    live = store.call_errors(move.tag, since=move.created_at)
    if len(usual) < FEWEST_CALLS or not len(live):
        return None
    limit = float(usual.mean()) + params.max_doubt_rise
    if limit >= 1 or wealth(live, limit) < CERTAINTY:
        return None
    reason = (
        f"{move.tag} went back by itself: {100 * live.mean():.0f} % of its answers are doubtful or "
        f"contradicted ({len(live)} calls), {100 * usual.mean():.0f} % were of {before} "
        f"({len(usual)} calls)"
    )
    store.roll_back(CHAMPION, reason=reason, expected_version=move.version)
    return reason


@lru_cache(maxsize=1)
def _usual_errors(store: Store, tag: str, until: datetime) -> npt.NDArray[np.float64]:
    """The errors of the champion before, which are read once: probation is looked at often."""
    return store.call_errors(tag, since=until - LOOK_BACK, until=until)


def wealth(errors: npt.NDArray[np.float64], limit: float) -> float:
    """The most that a bet of 1 on "more errors than `limit`" ever became, call after call."""
    gains = np.log1p(BOLDEST / limit * (errors - limit))
    return float(np.exp(min(np.cumsum(gains).max(), 50.0)))
