"""Training a champion further: blind to the shift of domains, and half way back in the end."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from undertone.bundle import Bundle
from undertone.config import Params
from undertone.continual.shift import absorb, blind, shift_directions
from undertone.model.fused import FusedModel
from undertone.training.beginning import equip
from undertone.training.examples import Examples
from undertone.training.fitting import fit


@dataclass(frozen=True)
class Material:
    """What a challenger learns from, is chosen on, and is judged on.

    Attributes:
        train: new utterances, `learnt` of them, and then old ones.
        validation: as many old as new utterances.
        holdout: new utterances that never train.
        learnt: how many of `train` are new.
        new_splits: hash of the splits of the new corpus.
    """

    train: Examples
    validation: Examples
    holdout: Examples
    learnt: int
    new_splits: str


def adapt(init: Bundle, material: Material, params: Params) -> Bundle:
    """Go on training a bundle, not calibrated yet; its `info` tells the holdout.

    Args:
        init: the champion, which is left as it is.
        material: what to learn from.
        params: the run's settings; `continual` goes before `training`.
    """
    continual = params.continual
    chosen = continual.model_dump(include={"tuning", "epochs", "learning_rate"})
    settings = params.model_copy(update={"training": params.training.model_copy(update=chosen)})
    base = copy.deepcopy(init)
    if continual.tuning != "frozen":
        equip(base, settings)
        base.timeline = {}  # its heads know the states of the encoder as it was
    directions = _shift(base, material, settings) if continual.ignore_shift else None
    if directions is not None:
        blind(base.model, directions)
    bundle = fit(material.train, material.validation, settings, init.labels, init=base)
    blend(bundle.model, base.model, continual.blend)
    absorb(bundle.model)
    bundle.info = init.info | bundle.info | _record(material, settings, directions)
    return bundle


@torch.no_grad()
def blend(model: FusedModel, base: FusedModel, share: float) -> None:
    """Take the weights of a model back towards those it was trained from.

    What was learnt and what was known live on along this line, better than at its ends (WiSE-FT,
    Wortsman et al., 2022, "Robust fine-tuning of zero-shot models", arXiv 2109.01903).

    Args:
        model: the trained one, changed in place.
        base: the same model before it was trained.
        share: of what was learnt, from 0 (`base`) to 1 (all of it).
    """
    before = dict(base.named_parameters())
    for name, weight in model.named_parameters():
        weight.copy_(torch.lerp(before[name].to(weight.device), weight, share))


def _shift(base: Bundle, material: Material, params: Params) -> Tensor | None:
    new = material.train.take(np.arange(material.learnt))
    old = material.train.take(np.arange(material.learnt, len(material.train)))
    return shift_directions(base, old, new, params.audio)


def _record(material: Material, params: Params, directions: Tensor | None) -> dict[str, Any]:
    return {
        "params": params.model_dump(mode="json"),
        "seed": params.training.seed,
        "continual": {
            "learnt": material.learnt,
            "replayed": len(material.train) - material.learnt,
            "shift_directions": 0 if directions is None else directions.shape[1],
            "new_split_hash": material.new_splits,
            "holdout": material.holdout.rows["utterance_id"].tolist(),
        },
    }
