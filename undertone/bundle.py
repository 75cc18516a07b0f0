"""A model bundle: the folder that is trained, evaluated, registered and served."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import (
    AutoImageProcessor,
    BaseImageProcessor,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging

from undertone.abstention import Abstention
from undertone.errors import ModelError
from undertone.files import replacing_folder, write_json, write_text
from undertone.model.adapters import Adapter
from undertone.model.config import UNHEARD, FusedConfig
from undertone.model.fused import FusedModel

FILES = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "preprocessor_config.json",
    "calibration.json",
    "training.json",
)
IMAGE_PROCESSOR = "image_processor"
TIMELINE = "timeline.safetensors"
IMPORTANCE = "importance.safetensors"
ADAPTER = "adapter.safetensors"
PICKLES = frozenset({".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"})


@dataclass
class Bundle:
    """A fused model with all that it takes to use it.

    Attributes:
        model: the fused model, in evaluation mode.
        tokenizer: of its text branch.
        temperature: divides the logits, fitted on validation speakers.
        abstention: when the answer is `unknown`, fitted on them too.
        info: how it was trained: settings, seed, split hash, data revision, curves.
        preprocessor: of the Whisper it was trained to hear with (`preprocessor_config.json`).
        image_processor: of its image branch, where there is one.
        card: the model card (`README.md`).
        timeline: weights by name that take the place of the model's where windows are judged, and
            their `temperature`; empty where it was never taught on windows.
        importance: of weights by name, to hold them by when learning on; empty for most.
        adapter: what it adds to `model` when it answers, see `undertone.model.adapters`; empty
            unless it shares the weights of another bundle.
    """

    model: FusedModel
    tokenizer: PreTrainedTokenizerBase
    temperature: float = 1.0
    abstention: Abstention = field(default_factory=Abstention)
    info: dict[str, Any] = field(default_factory=dict)
    preprocessor: dict[str, Any] = field(default_factory=dict)
    image_processor: BaseImageProcessor | None = None
    card: str = ""
    timeline: dict[str, Tensor] = field(default_factory=dict)
    importance: dict[str, Tensor] = field(default_factory=dict)
    adapter: Adapter = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions in the order of the logits."""
        return self.model.config.labels

    @property
    def hears(self) -> bool:
        """Whether it was trained with audio; one that was not takes words from a voice alone."""
        return tuple(self.model.config.statistics_shape) != UNHEARD

    def distribution(self, logits: Tensor) -> Tensor:
        """Calibrated probabilities [..., K] of logits [..., K]."""
        return torch.softmax(logits.float() / self.temperature, dim=-1)

    @classmethod
    def load(cls, path: Path) -> "Bundle":
        """Read a bundle.

        Raises:
            ModelError: the folder is missing or not whole, holds weights in pickle, or weights
                that do not fit its configuration.
        """
        _check(path)
        with _reading(path), quiet():
            return cls(
                model=_load_model(path),
                tokenizer=PreTrainedTokenizerFast.from_pretrained(path, local_files_only=True),
                image_processor=_load_image_processor(path / IMAGE_PROCESSOR),
                timeline=_tensors(path / TIMELINE),
                importance=_tensors(path / IMPORTANCE),
                **_own(path),
            )

    def adapted(self, path: Path) -> "Bundle":
        """Read the adapter of a bundle that was trained from this one, whose weights it shares.

        Raises:
            ModelError: the folder is missing or not whole, or holds weights in pickle.
        """
        _check(path)
        with _reading(path):
            return replace(self, adapter=load_file(path / ADAPTER), **_own(path))


def save_bundle(bundle: Bundle, path: Path, adapter: Adapter | None = None) -> None:
    """Write a bundle whole: weights as safetensors, everything else as JSON or text.

    Args:
        bundle: its weights have what `adapter` adds in them.
        path: the folder, replaced.
        adapter: what its weights are beyond those it was trained from, if they are no more.
    """
    with replacing_folder(path) as folder, quiet():
        bundle.model.save_pretrained(folder)
        (folder / "model.safetensors").chmod(0o644)
        bundle.tokenizer.save_pretrained(folder)
        if bundle.image_processor is not None:
            bundle.image_processor.save_pretrained(folder / IMAGE_PROCESSOR)
        write_json(folder / "preprocessor_config.json", bundle.preprocessor)
        write_json(folder / "calibration.json", _calibration(bundle))
        write_json(folder / "training.json", bundle.info)
        write_text(folder / "README.md", bundle.card)
        beside = {TIMELINE: bundle.timeline, IMPORTANCE: bundle.importance, ADAPTER: adapter}
        for name, tensors in beside.items():
            if tensors:
                save_file(dict(tensors), folder / name)
                (folder / name).chmod(0o644)


def _own(path: Path) -> dict[str, Any]:
    """What a bundle does not share with the one whose weights it may stand on."""
    calibration = json.loads((path / "calibration.json").read_text(encoding="utf-8"))
    card = path / "README.md"
    return {
        "temperature": float(calibration["temperature"]),
        "abstention": Abstention.model_validate(calibration["abstention"]),
        "info": json.loads((path / "training.json").read_text(encoding="utf-8")),
        "preprocessor": json.loads((path / "preprocessor_config.json").read_text("utf-8")),
        "card": card.read_text(encoding="utf-8") if card.is_file() else "",
    }


def _tensors(path: Path) -> dict[str, Tensor]:
    return load_file(path) if path.is_file() else {}


def _calibration(bundle: Bundle) -> dict[str, Any]:
    return {"temperature": bundle.temperature, "abstention": bundle.abstention.model_dump()}


def _check(path: Path) -> None:
    if not path.is_dir():
        raise ModelError(f"{path} is no bundle: there is no such folder.")
    pickles = sorted(file.name for file in path.rglob("*") if file.suffix in PICKLES)
    if pickles:
        raise ModelError(
            f"{path} holds {', '.join(pickles)}. Pickled weights can run code and are refused: "
            "convert them to safetensors."
        )
    missing = [name for name in FILES if not (path / name).is_file()]
    if missing:
        raise ModelError(
            f"{path} is no whole bundle: it lacks {', '.join(missing)}. "
            "Write it again with 'undertone train'."
        )


def _load_model(path: Path) -> FusedModel:
    config = FusedConfig.from_pretrained(path, local_files_only=True)
    model, report = cast(Any, FusedModel.from_pretrained)(
        path, config=config, local_files_only=True, use_safetensors=True, output_loading_info=True
    )
    unfit = sorted({str(key) for kind in report.values() for key in kind})
    if unfit:
        raise ModelError(
            f"The weights of {path} do not fit its config.json: {', '.join(unfit[:5])} "
            f"({len(unfit)} in all) are missing, unknown or of another shape."
        )
    loaded: FusedModel = model.eval()
    return loaded


def _load_image_processor(path: Path) -> BaseImageProcessor | None:
    if not path.is_dir():
        return None
    processor: BaseImageProcessor = AutoImageProcessor.from_pretrained(path, local_files_only=True)
    return processor


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"The bundle {path} cannot be read: {error}") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the progress bars of transformers away from logs for a while."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
