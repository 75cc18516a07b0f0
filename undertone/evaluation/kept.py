"""Turns of a cross-validation that are done, kept until all are."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from undertone.calibration import Array
from undertone.evaluation.curves import Curves
from undertone.files import replacing


@dataclass(frozen=True)
class Result:
    """What a model said about the test utterances of one turn.

    Attributes:
        logits: calibrated logits [N, K] by condition.
        temperature: of the model.
        seconds: that fitting and testing took.
        trained_parameters: of the model.
        curves: of each stage of the fit that chose the epoch.
    """

    logits: dict[str, Array]
    temperature: float
    seconds: float
    trained_parameters: int
    curves: Curves = field(default_factory=dict)


class Kept:
    """Results by name in a folder beside an evaluation folder.

    Args:
        out: the evaluation folder that will be written.
        key: names the data and settings; results of other ones are removed.
    """

    def __init__(self, out: Path, key: str) -> None:
        self.root = out.with_name(f"{out.name}-turns")
        for stale in self.root.glob("*"):
            if stale.name != key:
                shutil.rmtree(stale)
        self._folder = self.root / key
        self._folder.mkdir(parents=True, exist_ok=True)

    def __contains__(self, name: str) -> bool:
        return self._file(name).is_file()

    def __getitem__(self, name: str) -> Result:
        with safe_open(self._file(name), framework="numpy") as stored:
            about = stored.metadata()
            logits = {key: stored.get_tensor(key) for key in about["conditions"].split(",")}
        return Result(
            logits,
            float(about["temperature"]),
            float(about["seconds"]),
            int(about["trained_parameters"]),
            json.loads(about.get("curves", "{}")),  # kept turns of old have none
        )

    def __setitem__(self, name: str, result: Result) -> None:
        about = {
            "conditions": ",".join(result.logits),
            "temperature": repr(result.temperature),
            "seconds": repr(result.seconds),
            "trained_parameters": str(result.trained_parameters),
            "curves": json.dumps(result.curves),
        }
        logits = {key: np.ascontiguousarray(values) for key, values in result.logits.items()}
        with replacing(self._file(name)) as aside:
            save_file(logits, aside, metadata=about)

    def clear(self) -> None:
        """Remove all results."""
        shutil.rmtree(self.root)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.safetensors"
