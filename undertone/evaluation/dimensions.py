"""How near valence, arousal and dominance come to what people rated."""

import numpy as np

from undertone.bundle import Bundle
from undertone.config import AudioParams
from undertone.dimensions import NAMES, concordance, expected, moments
from undertone.evaluation.metrics import Floats, clusters, interval_of_sums
from undertone.evaluation.record import DimensionScores
from undertone.training.examples import Examples
from undertone.training.predicting import Predicted, predict


def score_dimensions(
    bundle: Bundle, examples: Examples, audio: AudioParams | None = None, seed: int = 0
) -> DimensionScores | None:
    """Score a bundle's dimensions; none where no two examples are labelled with any.

    Args:
        bundle: the model.
        examples: utterances, some of them with valence, arousal or dominance.
        audio: how recordings are cleaned, for a model with an acoustic encoder of its own.
        seed: of the 1,000 resamples.
    """
    truth = examples.dimensions().double().numpy()
    known = {name: ~np.isnan(truth[:, place]) for place, name in enumerate(NAMES)}
    scored = [place for place, name in enumerate(NAMES) if known[name].sum() > 1]
    if not scored:
        return None
    said = predict(bundle, examples, audio)
    guess = values_of(bundle, said)
    speakers = examples.rows["speaker_id"].to_numpy()
    ccc = {}
    for place in scored:
        rows = known[NAMES[place]]
        terms = moments(truth[rows, place], guess[rows, place])
        groups = clusters(speakers[rows].tolist())
        ccc[NAMES[place]] = interval_of_sums(concordance, terms, groups, seed)
    return DimensionScores(
        source="derived" if said.dimensions is None else "trained",
        utterances={name: int(rows.sum()) for name, rows in known.items()},
        ccc=ccc,
    )


def values_of(bundle: Bundle, said: Predicted) -> Floats:
    """Valence, arousal and dominance [N, 3] of what a bundle said."""
    if said.dimensions is not None:
        return np.asarray(said.dimensions, dtype=np.float64)
    import torch

    shares = bundle.distribution(torch.from_numpy(said.logits)).numpy()
    return expected(shares, bundle.labels)
