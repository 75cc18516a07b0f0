"""Learning from feedback without forgetting: retrain the champion, then judge the challenger."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from undertone.continual.gate import Decision
    from undertone.continual.judging import judge
    from undertone.continual.retraining import RetrainReport, retrain

__all__ = ["Decision", "RetrainReport", "judge", "retrain"]
_HOMES = {
    "Decision": "gate",
    "RetrainReport": "retraining",
    "judge": "judging",
    "retrain": "retraining",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
