"""How good a bundle is: scores with intervals, pictures, and the drift gate's reference."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from undertone.evaluation.crossvalidation import cross_validate
    from undertone.evaluation.evaluator import evaluate
    from undertone.evaluation.record import Evaluation

__all__ = ["Evaluation", "cross_validate", "evaluate"]
_HOMES = {"Evaluation": "record", "cross_validate": "crossvalidation", "evaluate": "evaluator"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
