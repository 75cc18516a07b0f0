"""Fitting a fused model to examples, choosing on validation speakers."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import torch
from torch import nn
from transformers import set_seed

from undertone.bundle import Bundle
from undertone.config import Params, Tuning
from undertone.model.config import AUDIO
from undertone.training.batches import Batches, acoustic_statistics, batches_of, settle
from undertone.training.beginning import begin, equip
from undertone.training.callbacks import Watch
from undertone.training.examples import Examples
from undertone.training.probing import probe_layers
from undertone.training.ranks import processes_for, teach_together
from undertone.training.stages import Lesson, Stage
from undertone.training.trainer import Penalty, device_of
from undertone.training.tuning import tuned

HEADS: tuple[Tuning, ...] = ("frozen", "adapter")  # that leave the encoders as they are


def fit(
    train: Examples,
    validation: Examples | None,
    params: Params,
    labels: Sequence[str],
    *,
    init: Bundle | None = None,
    checkpoints: Path | None = None,
    logs: Path | None = None,
    penalty: Penalty | None = None,
    watch: Watch | None = None,
) -> Bundle:
    """Train a fused model.

    With tuning `lora` or `full`, a new model's heads are trained on the frozen encoders first, so
    that random heads do not distort them (Kumar et al., 2022, arXiv 2202.10054).

    Args:
        train: what it learns from.
        validation: what chooses the best epoch; other speakers than `train`. Without it the last
            epoch is kept.
        params: the run's settings; `model`, `training`, `listening` and `audio` count.
        labels: the emotions in the order of the logits; those of `init` where it is given.
        init: a bundle to go on from, which is left as it is.
        checkpoints: folder for those of the last stage. A fit that broke off goes on from what it
            finds there, which must come from the same examples and settings.
        logs: folder for experiment trackers; without it none is told.
        penalty: added to the loss of each batch.
        watch: told the validation UAR of each epoch, where one process trains.

    Returns:
        The fitted bundle, not calibrated yet; its `info` tells the curves, the epoch of each stage
        that was kept, seconds and number of trained parameters.

    Raises:
        CorpusError: an example's emotion is not one of `labels`.
        ModelError: an encoder is nowhere to be found.
    """
    started = perf_counter()
    set_seed(params.training.seed)
    bundle = _start(train, params, labels, init)
    bundle.info = {"curves": {}, "epochs": {}, "trained_parameters": 0}
    *first, last = _stages(params, new=init is None)
    for stage in (*first, last):
        with TemporaryDirectory() as scratch:
            kept = checkpoints if checkpoints and stage is last else Path(scratch)
            _run(bundle, train, validation, params, stage, kept, logs, penalty, watch)
    bundle.model.train(mode=False)
    if last.tuning != "adapter":
        _remember(bundle, train, params)
    bundle.model.cpu()
    bundle.info["seconds"] = round(perf_counter() - started, 2)
    return bundle


def _start(train: Examples, params: Params, labels: Sequence[str], init: Bundle | None) -> Bundle:
    bundle = copy.deepcopy(init) if init else begin(train, params, labels)
    targets = train.targets(bundle.labels)
    model = bundle.model
    model.config.label_smoothing = params.training.label_smoothing
    weights = balanced(targets, len(bundle.labels), params.training.class_weights)
    model.class_weights.copy_(weights)
    if init is None:
        _weigh_layers(bundle, train)
    return bundle


def balanced(targets: torch.Tensor, classes: int, power: float = 1.0) -> torch.Tensor:
    """Class weights [K] inverse to how often each occurs in `targets` [N], 1 on average over them.

    Args:
        targets: indices of classes; one that does not occur weighs 1.
        classes: how many there are.
        power: 1 balances the classes, 0 leaves them as they are, .5 goes half the way.
    """
    counts = torch.bincount(targets, minlength=classes).float()
    weights = counts.clamp_min(1.0) ** -power
    return torch.where(counts > 0, weights / weights[targets].mean(), 1.0)


def _stages(params: Params, *, new: bool) -> list[Stage]:
    tuning = params.training.tuning
    heads = Stage("heads", "frozen", params.training.epochs)
    if tuning in HEADS:
        return [replace(heads, tuning=tuning)]
    if not new:
        return [Stage("encoders", tuning, params.training.epochs)]
    encoders = Stage("encoders", tuning, params.training.encoder_epochs)
    return [heads, encoders] if heads.epochs else [encoders]


@torch.no_grad()
def _weigh_layers(bundle: Bundle, train: Examples) -> None:
    acoustic = bundle.model.acoustic
    voiced = train.take(train.present()[:, AUDIO].numpy()).some()
    speakers = voiced.rows["speaker_id"]
    if speakers.nunique() < 2:
        return
    statistics = acoustic.standardise(voiced.statistics)
    targets = voiced.targets(bundle.labels)
    acoustic.layer_weights.copy_(
        probe_layers(statistics, targets, speakers.tolist(), len(bundle.labels))
    )


def _remember(bundle: Bundle, train: Examples, params: Params) -> None:
    """Measure novelty from now on by what was trained on, as the tuned encoder hears it.

    Views count where the model was trained on them: then the telephone is nothing new.
    """
    voiced = train.take(train.present()[:, AUDIO].numpy()).some()
    if not (len(voiced) and bundle.hears):
        return
    views = [
        batches_of(bundle, voiced, params.audio, labelled=False, views=(view,))
        for view in voiced.numbers()
    ]
    heard = torch.cat([acoustic_statistics(bundle.model, view) for view in views])
    bundle.model.acoustic.remember(heard.to(bundle.model.device))


def _run(
    bundle: Bundle,
    train: Examples,
    validation: Examples | None,
    params: Params,
    stage: Stage,
    checkpoints: Path,
    logs: Path | None,
    penalty: Penalty | None,
    watch: Watch | None,
) -> None:
    training, model = params.training, bundle.model
    if stage.tuning not in HEADS or model.acoustic.attention is not None:
        equip(bundle, params)
    nn.Module.to(model, device_of(training.device))
    with tuned(model, stage.tuning, training.lora_rank, training.frozen_layers):
        learnt = _ready(bundle, train, params, train.numbers())
        chosen = None if validation is None else _ready(bundle, validation, params)
        told = logs / stage.name if logs else None
        lesson = Lesson(model, stage, learnt, chosen, training, checkpoints, told, penalty, watch)
        course = teach_together(lesson, processes_for(training, len(learnt)))
    trained = max(course.trained_parameters, bundle.info["trained_parameters"])
    bundle.info["trained_parameters"] = trained
    bundle.info["curves"][stage.name] = course.curve
    bundle.info["epochs"][stage.name] = course.epoch


def _ready(
    bundle: Bundle, examples: Examples, params: Params, views: Sequence[int] = (0,)
) -> Batches:
    batches = batches_of(bundle, examples, params.audio, views=views)
    return settle(bundle.model, batches, params.training.frozen_layers)
