"""Training a champion further, by one of several strategies."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from undertone.bundle import Bundle
from undertone.config import Params
from undertone.continual.penalties import Distillation, ElasticWeights, importance_of
from undertone.continual.shift import absorb, blind, shift_directions
from undertone.continual.strategies import STRATEGIES, Strategy
from undertone.model.adapters import Adapter, adapter_between
from undertone.model.fused import FusedModel
from undertone.training.examples import Examples
from undertone.training.fitting import fit
from undertone.training.trainer import Penalty


@dataclass(frozen=True)
class Material:
    """What a challenger learns from, is chosen on, and is judged on.

    Attributes:
        new: new utterances to train on.
        rehearsed: old ones beside them.
        new_validation: new utterances to choose on.
        old_validation: as many old ones, where old ones are rehearsed.
        holdout: new utterances that never train.
        known: what the champion was trained on.
        new_splits: hash of the splits of the new corpus.
    """

    new: Examples
    rehearsed: Examples
    new_validation: Examples
    old_validation: Examples
    holdout: Examples
    known: Examples
    new_splits: str

    @property
    def train(self) -> Examples:
        """All that is trained on."""
        return Examples.concat([self.new, self.rehearsed])

    @property
    def validation(self) -> Examples:
        """All that is chosen on."""
        return Examples.concat([self.new_validation, self.old_validation])


def adapt(init: Bundle, material: Material, params: Params) -> Bundle:
    """Go on training a bundle, not calibrated yet; its `info` tells the holdout.

    Args:
        init: the champion, which is left as it is.
        material: what to learn from.
        params: the run's settings; `continual` goes before `training`.
    """
    continual = params.continual
    strategy = STRATEGIES[continual.strategy]
    settings = _settings(strategy, params)
    base = copy.deepcopy(init)
    directions = _shift(base, material, settings) if strategy.ignores_shift else None
    if directions is not None:
        blind(base.model, directions)
    if strategy.holds_weights and not base.importance:
        base.importance = importance_of(base, material.known, params.audio)
    bundle = fit(
        material.train,
        material.validation if len(material.validation) else None,
        settings,
        init.labels,
        init=None if strategy.restarts else base,
        penalty=_penalty(strategy, base, params),
    )
    if strategy.blends:
        blend(bundle.model, base.model, continual.blend)
    absorb(bundle.model)
    if strategy.holds_weights:
        new = importance_of(bundle, material.new, params.audio)
        bundle.importance = {name: base.importance[name] + new[name] for name in new}
    bundle.info = init.info | bundle.info | _record(material, settings, directions)
    return bundle


def adapter_of(bundle: Bundle, init: Bundle, params: Params) -> Adapter:
    """What a strategy that trains adapters made of a bundle; empty for one that trains more."""
    if STRATEGIES[params.continual.strategy].tuning != "adapter":
        return {}
    return adapter_between(init.model, bundle.model, params.training.lora_rank)


def _settings(strategy: Strategy, params: Params) -> Params:
    if strategy.restarts:
        return params
    chosen = params.continual.model_dump(include={"epochs", "learning_rate"})
    training = params.training.model_copy(update=chosen | {"tuning": strategy.tuning})
    return params.model_copy(update={"training": training})


def _penalty(strategy: Strategy, base: Bundle, params: Params) -> Penalty | None:
    continual = params.continual
    if strategy.holds_weights:
        return ElasticWeights(base.model, base.importance, continual.ewc_weight)
    if strategy.holds_answers:
        return Distillation(base.model, continual.lwf_weight)
    return None


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
    return shift_directions(base, material.rehearsed, material.new, params.audio)


def _record(material: Material, params: Params, directions: Tensor | None) -> dict[str, Any]:
    return {
        "params": params.model_dump(mode="json"),
        "seed": params.training.seed,
        "continual": {
            "strategy": params.continual.strategy,
            "learnt": len(material.new),
            "replayed": len(material.rehearsed),
            "shift_directions": 0 if directions is None else directions.shape[1],
            "new_split_hash": material.new_splits,
            "holdout": material.holdout.rows["utterance_id"].tolist(),
        },
    }
