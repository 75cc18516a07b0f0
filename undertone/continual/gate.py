"""The promotion gate: a challenger must gain on the new domain and keep the old one."""

import numpy as np
from pydantic import BaseModel

from undertone.config import PromotionParams
from undertone.evaluation.metrics import Interval


class Comparison(BaseModel):
    """UAR of champion and challenger on the same utterances.

    `difference` is challenger minus champion, its interval from paired resamples.
    """

    before: float
    after: float
    difference: Interval
    utterances: int
    speakers: int


class Decision(BaseModel):
    """What the gate says, and why. `gain` and `forgetting` are differences of UAR."""

    promote: bool
    reason: str
    old_before: float
    old_after: float
    new_before: float
    new_after: float
    forgetting: float
    gain: float
    forgetting_interval: tuple[float, float]
    gain_interval: tuple[float, float]
    old_utterances: int
    new_utterances: int


def decide(
    old: Comparison, new: Comparison, params: PromotionParams, *, same_labels: bool = True
) -> Decision:
    """Promote if, and only if, the gain is large enough and the forgetting small enough.

    Args:
        old: champion and challenger on the old test split.
        new: the same two on the holdout of the new domain.
        params: how much must be gained and may be lost.
        same_labels: whether both know the same emotions.
    """
    forgetting = -old.difference.value
    gain = new.difference.value
    objections = _objections(gain, forgetting, new.utterances, params, same_labels)
    verdict = "Not promoted: " + "; ".join(objections) if objections else "Promoted"
    return Decision(
        promote=not objections,
        reason=f"{verdict}. {_figures(old, new)}",
        old_before=old.before,
        old_after=old.after,
        new_before=new.before,
        new_after=new.after,
        forgetting=forgetting,
        gain=gain,
        forgetting_interval=(-old.difference.high, -old.difference.low),
        gain_interval=(new.difference.low, new.difference.high),
        old_utterances=old.utterances,
        new_utterances=new.utterances,
    )


def _objections(
    gain: float, forgetting: float, holdout: int, params: PromotionParams, same_labels: bool
) -> list[str]:
    found = []
    if not same_labels:
        found.append("champion and challenger do not know the same emotions")
    if holdout < params.min_holdout:
        found.append(
            f"the holdout has {holdout} utterances, at least {params.min_holdout} are needed "
            "(promotion.min_holdout)"
        )
    if not gain >= params.min_gain:
        found.append(
            f"it gains {gain:+.3f} UAR on the new domain, at least {params.min_gain:+.3f} is "
            "asked (promotion.min_gain)"
        )
    if not forgetting <= params.max_forgetting:
        found.append(
            f"it loses {forgetting:.3f} UAR on the old domain, at most "
            f"{params.max_forgetting:.3f} may be lost (promotion.max_forgetting)"
        )
    return found


def _figures(old: Comparison, new: Comparison) -> str:
    return f"New domain: {_told(new)}. Old domain: {_told(old)}."


def _told(part: Comparison) -> str:
    low, high = np.round([part.difference.low, part.difference.high], 3) + 0.0
    return (
        f"UAR {part.before:.3f} → {part.after:.3f} ({part.difference.value:+.3f}, "
        f"95 % interval {low:+.3f} to {high:+.3f}; {part.utterances} utterances, "
        f"{part.speakers} speakers)"
    )
