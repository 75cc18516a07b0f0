"""An adapter from few clips of one speaker or tenant, and what it gains on those held out."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from undertone.bundle import Bundle
from undertone.calibration import fit_temperature, shrink_temperature, softmax
from undertone.config import Params
from undertone.continual.adapting import Material, adapt
from undertone.continual.gate import Comparison
from undertone.continual.judging import compare
from undertone.continual.replay import choose_replay, replay_size
from undertone.errors import CorpusError
from undertone.evaluation.conditions import predict_conditions
from undertone.evaluation.record import FUSED, Predictions
from undertone.evaluation.summary import pool
from undertone.progress import track
from undertone.training.examples import Examples

MIN_EMOTIONS = 2


@dataclass(frozen=True)
class HeldOut:
    """What adapters say of clips that they were not trained on.

    Attributes:
        examples: the clips, their `split` the fold that held them out.
        predictions: of the same clips in the same order, calibrated.
        temperature: that the adapter on all of them is to have.
        comparison: of the adapters with the model that they stand on.
    """

    examples: Examples
    predictions: Predictions
    temperature: float
    comparison: Comparison


def adapter_on(base: Bundle, own: Examples, known: Examples, params: Params) -> Bundle:
    """Train an adapter on a model from clips, old speech rehearsed beside them.

    Args:
        base: the model, which is left as it is.
        own: clips of emotions that it knows.
        known: what it was trained on.
        params: from `undertone.continual.personal.from_clips`.
    """
    size = replay_size(len(own), params.continual.replay_share)
    rehearsed = choose_replay(known.rows, size, params.training.seed).index.to_numpy()
    none = own.take(np.zeros(len(own), bool))
    material = Material(
        new=own,
        rehearsed=known.take(rehearsed),
        new_validation=none,
        old_validation=none,
        holdout=none,
        known=known,
        new_splits="",
    )
    return adapt(base, material, params)


def hold_out(base: Bundle, own: Examples, known: Examples, params: Params) -> HeldOut:
    """Train an adapter for each fold of clips on all others, and judge it on that fold.

    So every clip counts in the interval of the gain, and none was trained on by what judges it.

    Args:
        base: the model that they stand on.
        own: the clips.
        known: what the model was trained on.
        params: see `adapter_on`.

    Raises:
        CorpusError: there are too few clips or emotions.
    """
    _require_enough(own, params.adapter.min_clips)
    folds = dealt(own, params.adapter.folds, params.training.seed)
    names = np.char.add("fold ", (1 + folds).astype(str))
    own = replace(own, rows=own.rows.assign(split=names))
    tested = []
    for fold in track(range(folds.max() + 1), "holding out"):
        bundle = adapter_on(base, own.take(folds != fold), known, params)
        tested.append(predict_conditions(bundle, own.take(folds == fold), params.audio))
    ordered = own.take(np.argsort(folds, kind="stable"))
    predictions, hotter = _calibrated(pool(tested))
    before = predict_conditions(base, ordered, params.audio).logits[FUSED]
    after = predictions.logits[FUSED]
    return HeldOut(
        examples=ordered,
        predictions=predictions,
        temperature=base.temperature * hotter,
        comparison=compare(ordered, base.labels, softmax(before), softmax(after)),
    )


def _calibrated(said: Predictions) -> tuple[Predictions, float]:
    """Predictions by the temperature that suits them beside the one they have, and that one."""
    hotter = fit_temperature(said.logits[FUSED], said.truth)
    hotter = shrink_temperature(hotter, said.rows["speaker_id"].nunique())
    logits = {name: values / hotter for name, values in said.logits.items()}
    return replace(said, logits=logits), hotter


def dealt(own: Examples, count: int, seed: int) -> npt.NDArray[np.intp]:
    """The fold of each clip [N], each emotion dealt out evenly; no more folds than clips."""
    luck = np.random.default_rng(seed).random(len(own))
    order = np.lexsort((luck, own.rows["emotion"].to_numpy(dtype=str)))
    folds = np.empty(len(own), np.intp)
    folds[order] = np.arange(len(own)) % min(count, len(own))
    return folds


def _require_enough(own: Examples, clips: int) -> None:
    emotions = own.rows["emotion"].nunique()
    if len(own) < clips or emotions < MIN_EMOTIONS:
        raise CorpusError(
            f"There are {len(own)} clips of {emotions} emotions that the model knows; an adapter "
            f"needs {clips} clips (adapter.min_clips) of {MIN_EMOTIONS} emotions at least."
        )
