"""The promotion gate: a challenger must gain on the new domain and keep the old one."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel

from undertone.config import PromotionParams
from undertone.continual.behaving import Behaved
from undertone.evaluation.metrics import Interval


class Part(BaseModel):
    """What a challenger changes for one emotion (recall) or one group of speakers (UAR)."""

    name: str
    difference: Interval
    utterances: int


class Comparison(BaseModel):
    """UAR of champion and challenger on the same utterances.

    `difference` is challenger minus champion, its interval from paired resamples; `parts` are
    emotions and groups, and `ece_rise` is what the calibration error rises by.
    """

    before: float
    after: float
    difference: Interval
    utterances: int
    speakers: int
    ece_rise: float = 0.0
    parts: tuple[Part, ...] = ()


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
    old: Comparison
    new: Comparison
    behaviour: tuple[Behaved, ...] = ()


def decide(
    old: Comparison,
    new: Comparison,
    params: PromotionParams,
    *,
    same_labels: bool = True,
    behaviour: Sequence[Behaved] = (),
) -> Decision:
    """Promote if, and only if, the gain is large enough and the forgetting small enough.

    Args:
        old: champion and challenger on the old test split.
        new: the same two on the holdout of the new domain.
        params: how much must be gained and may be lost.
        same_labels: whether both know the same emotions.
        behaviour: what changes of the input do to the answers of both.
    """
    forgetting = -old.difference.value
    gain = new.difference.value
    objections = [
        *_objections(old, new, params, same_labels),
        *_in_parts(old, new, params),
        *_in_behaviour(behaviour),
    ]
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
        old=old,
        new=new,
        behaviour=tuple(behaviour),
    )


def _objections(
    old: Comparison, new: Comparison, params: PromotionParams, same_labels: bool
) -> list[str]:
    gain, forgetting, holdout = new.difference.value, -old.difference.value, new.utterances
    found = []
    if not same_labels:
        found.append("champion and challenger do not know the same emotions")
    if holdout < params.min_holdout:
        found.append(
            f"the holdout has {holdout} utterances, at least {params.min_holdout} are needed "
            "(promotion.min_holdout)"
        )
    if not gain >= (params.min_gain or -np.inf):
        found.append(
            f"it gains {gain:+.3f} UAR on the new domain, at least {params.min_gain:+.3f} is "
            "asked (promotion.min_gain)"
        )
    elif params.min_gain and not new.difference.low > 0:
        found.append(
            f"its gain of {gain:+.3f} UAR on the new domain may be chance: the interval reaches "
            f"down to {new.difference.low:+.3f}"
        )
    if not forgetting <= params.max_forgetting:
        found.append(
            f"it loses {forgetting:.3f} UAR on the old domain, at most "
            f"{params.max_forgetting:.3f} may be lost (promotion.max_forgetting)"
        )
    return found


def _in_parts(old: Comparison, new: Comparison, params: PromotionParams) -> list[str]:
    """What is lost for an emotion or a group, and in calibration, on either domain."""
    found = []
    for domain, part in (("old", old), ("new", new)):
        lost = [
            f"{one.name} {one.difference.value:+.2f}"
            for one in part.parts
            if one.utterances >= params.min_part
            and one.difference.value < -params.max_part_loss
            and one.difference.high < 0
        ]
        if lost:
            found.append(
                f"on the {domain} domain it loses too much in parts (promotion.max_part_loss): "
                f"{', '.join(lost)}"
            )
        if not part.ece_rise <= params.max_ece_rise:
            found.append(
                f"on the {domain} domain its calibration error rises by {part.ece_rise:.3f}, at "
                f"most {params.max_ece_rise:.3f} is allowed (promotion.max_ece_rise)"
            )
    return found


def _in_behaviour(behaviour: Sequence[Behaved]) -> list[str]:
    broken = [
        f"{test.name} {test.before:.2f} → {test.after:.2f} (bound {test.rule})"
        for test in behaviour
        if test.worse(len(behaviour))
    ]
    if not broken:
        return []
    return [f"it surely behaves worse under changes of the input: {', '.join(broken)}"]


def _figures(old: Comparison, new: Comparison) -> str:
    return f"New domain: {_told(new)}. Old domain: {_told(old)}."


def _told(part: Comparison) -> str:
    low, high = np.round([part.difference.low, part.difference.high], 3) + 0.0
    return (
        f"UAR {part.before:.3f} → {part.after:.3f} ({part.difference.value:+.3f}, "
        f"95 % interval {low:+.3f} to {high:+.3f}; {part.utterances} utterances, "
        f"{part.speakers} speakers)"
    )
