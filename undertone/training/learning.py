"""Learning a bundle: fitted, calibrated, and where asked for fitted again on all speakers."""

from collections.abc import Sequence
from pathlib import Path

from undertone.abstention import fit_abstention
from undertone.bundle import Bundle
from undertone.calibration import fit_temperature, shrink_temperature, softmax
from undertone.config import Params
from undertone.evaluation.metrics import uar
from undertone.face.learning import learn_trust
from undertone.training.callbacks import Watch
from undertone.training.examples import Examples
from undertone.training.fitting import fit
from undertone.training.predicting import predict


def learn(
    train: Examples,
    validation: Examples,
    params: Params,
    labels: Sequence[str],
    *,
    init: Bundle | None = None,
    checkpoints: Path | None = None,
    logs: Path | None = None,
    watch: Watch | None = None,
) -> tuple[Bundle, float]:
    """Fit a bundle and calibrate it; with `training.refit`, fit again on validation too.

    The second fit trains as many epochs as the validation speakers chose in the first, and keeps
    the temperature and abstention that they gave it: none of them would be honest on speakers it
    was trained on.

    Args:
        train: what it learns from.
        validation: what chooses the epoch and calibrates; other speakers than `train`.
        params: the run's settings.
        labels: the emotions in the order of the logits.
        init: a bundle to go on from.
        checkpoints: folder for those of the first fit.
        logs: folder for experiment trackers.
        watch: told the validation UAR of each epoch of the first fit, where one process trains.

    Returns:
        The bundle, and the UAR on validation of the fit that they did not train.
    """
    chosen = fit(
        train,
        validation,
        params,
        labels,
        init=init,
        checkpoints=checkpoints,
        logs=logs,
        watch=watch,
    )
    reached = calibrate(chosen, validation, params)
    if not params.training.refit:
        return chosen, reached
    everything = Examples.concat([train, validation])
    again = fit(everything, None, _settled(params, chosen, init), chosen.labels, init=init)
    seconds = chosen.info["seconds"] + again.info["seconds"]
    again.temperature, again.abstention = chosen.temperature, chosen.abstention
    again.info = chosen.info | {"seconds": seconds, "refit": len(everything)}
    return again, reached


def _settled(params: Params, chosen: Bundle, init: Bundle | None) -> Params:
    """The settings of a fit that trains each stage for the epochs that were chosen."""
    names = {"heads": "epochs", "encoders": "epochs" if init else "encoder_epochs"}
    epochs = {names[stage]: count for stage, count in chosen.info["epochs"].items()}
    return params.model_copy(update={"training": params.training.model_copy(update=epochs)})


def calibrate(bundle: Bundle, validation: Examples, params: Params) -> float:
    """Fit temperature and abstention of a bundle on validation examples; returns its UAR on them.

    Where they have pictures that the model has no branch for, the trust in the face classifier is
    fitted too.
    """
    predicted = predict(bundle, validation, params.audio)
    logits = predicted.logits
    targets = validation.targets(bundle.labels).numpy()
    speakers = validation.rows["speaker_id"].nunique()
    bundle.temperature = shrink_temperature(fit_temperature(logits, targets), speakers)
    confidences = softmax(logits, bundle.temperature).max(axis=1, initial=0.0)
    bundle.abstention = fit_abstention(confidences, predicted.novelty, params.training.coverage)
    if bundle.image_processor is None:
        calibrated = logits / bundle.temperature
        bundle.info["face"] = learn_trust(calibrated, validation, bundle.labels, params.face)
    return uar(targets, logits.argmax(1), len(bundle.labels))
