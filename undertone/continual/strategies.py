"""Ways of learning a new domain, behind one interface: `undertone.continual.adapting.adapt`.

benchmarks/loop/continual.py measures them side by side.
"""

from dataclasses import dataclass
from typing import Literal

from undertone.config import StrategyName, Tuning


@dataclass(frozen=True)
class Strategy:
    """A way of learning on.

    Attributes:
        rehearses: which old utterances are learnt again beside the new.
        tuning: what is trained.
        holds_weights: by elastic weight consolidation.
        holds_answers: by distillation from the model as it was.
        ignores_shift: whether directions that set the new domain apart are taken out.
        blends: whether the weights go part of the way back in the end.
        restarts: whether a new model is trained in place of going on from the old.
    """

    rehearses: Literal["nothing", "some", "everything"] = "nothing"
    tuning: Tuning = "frozen"
    holds_weights: bool = False
    holds_answers: bool = False
    ignores_shift: bool = False
    blends: bool = False
    restarts: bool = False


STRATEGIES: dict[StrategyName, Strategy] = {
    "naive": Strategy(),
    "replay": Strategy(rehearses="some"),
    "ewc": Strategy(holds_weights=True),
    "lwf": Strategy(holds_answers=True),
    "lora": Strategy(tuning="adapter"),
    "lora_replay": Strategy(tuning="adapter", rehearses="some"),
    "steady": Strategy(rehearses="some", ignores_shift=True, blends=True),
    "joint": Strategy(rehearses="everything", restarts=True),
}
