"""Fine-tuning the fused model: examples, fitting, and the bundle that comes of it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from undertone.training.examples import Examples, labels_of, load_examples
    from undertone.training.finetuning import TrainingReport, finetune
    from undertone.training.fitting import fit
    from undertone.training.predicting import Predicted, predict

__all__ = [
    "Examples",
    "Predicted",
    "TrainingReport",
    "finetune",
    "fit",
    "labels_of",
    "load_examples",
    "predict",
]
_HOMES = {
    "Examples": "examples",
    "Predicted": "predicting",
    "TrainingReport": "finetuning",
    "finetune": "finetuning",
    "fit": "fitting",
    "labels_of": "examples",
    "load_examples": "examples",
    "predict": "predicting",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
