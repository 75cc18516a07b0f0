"""What a bundle says with all modalities, with one alone, and with one missing."""

import numpy as np

from undertone.bundle import Bundle
from undertone.calibration import Array
from undertone.config import AudioParams
from undertone.evaluation.record import FUSED, Predictions
from undertone.model.config import AUDIO, IMAGE, MODALITIES
from undertone.training.examples import Examples
from undertone.training.predicting import predict


def predict_conditions(
    bundle: Bundle, examples: Examples, audio: AudioParams | None = None
) -> Predictions:
    """Classify examples under every condition that they allow.

    The conditions are `fused`; `audio_only`, `text_only` and `image_only`, by the modality's own
    head; and, where there are two modalities or more, `audio_missing` and so on, by the fused
    model without it.

    Args:
        bundle: the model, whose temperature calibrates all logits.
        examples: labelled utterances.
        audio: how recordings are cleaned, for a model with an acoustic encoder of its own.

    Raises:
        CorpusError: an emotion is not one of the bundle's.
    """
    present = _present(bundle, examples)
    found = [name for name, column in zip(MODALITIES, present.T, strict=True) if column.any()]
    whole = predict(bundle, examples, audio)
    logits = {FUSED: whole.logits.astype(np.float64)}
    for name in found:
        logits[f"{name}_only"] = whole.by_modality[name].astype(np.float64)
    for name in found if len(found) > 1 else []:
        left = predict(bundle, examples, audio, without={name}).logits.astype(np.float64)
        others = [place for place, other in enumerate(MODALITIES) if other != name]
        left[~present[:, others].any(axis=1)] = np.nan
        logits[f"{name}_missing"] = left
    calibrated = {name: values / bundle.temperature for name, values in logits.items()}
    truth = examples.targets(bundle.labels).numpy()
    scores = [bundle.abstention.score(float(novelty)) for novelty in whole.novelty]
    ood_scores = np.array(scores, dtype=np.float64)
    return Predictions(examples.rows, bundle.labels, truth, calibrated, ood_scores)


def _present(bundle: Bundle, examples: Examples) -> Array:
    present = examples.present().numpy()
    present[:, IMAGE] &= bundle.model.image is not None
    present[:, AUDIO] &= bundle.hears
    return present
