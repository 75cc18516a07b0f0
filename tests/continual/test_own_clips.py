"""Adapters from few clips of one speaker."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training import synthetic
from undertone.bundle import Bundle
from undertone.config import Params
from undertone.continual.own_clips import adapter_on, dealt, hold_out
from undertone.continual.personal import from_clips
from undertone.errors import CorpusError
from undertone.evaluation.metrics import uar
from undertone.training import predict
from undertone.training.examples import Examples
from undertone.training.learning import learn

EACH = 5


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    whisper = synthetic.write_whisper(tmp_path_factory.mktemp("models") / "whisper")
    quick = ("adapter.learning_rate=0.01", "adapter.epochs=10", "adapter.folds=3")
    settings = synthetic.settings(f"listening.whisper={whisper}", "training.epochs=10", *quick)
    return from_clips(settings, "anna")


@pytest.fixture(scope="module")
def known() -> Examples:
    return voice_of(range(7))


@pytest.fixture(scope="module")
def base(known: Examples, params: Params) -> Bundle:
    return learn(known, voice_of(range(7, 9)), params, synthetic.LABELS)[0]


def voice_of(speakers: range, turned: int = 0) -> Examples:
    """Clips by voice alone, whose statistics tell emotions `turned` places further on."""
    frame = synthetic.rows(len(speakers), EACH, speakers.start).assign(text=None)
    return Examples(frame, synthetic.statistics(frame, speakers.start).roll(turned, dims=-1))


def score(bundle: Bundle, examples: Examples) -> float:
    guess = predict(bundle, examples).logits.argmax(axis=1)
    return uar(examples.targets(bundle.labels), guess, len(bundle.labels))


def test_a_voice_unlike_others_surely_gains(base: Bundle, known: Examples, params: Params) -> None:
    own = voice_of(range(20, 21), turned=len(synthetic.LABELS))
    held = hold_out(base, own, known, params)
    assert held.comparison.difference.low > 0.1
    assert set(held.examples.rows["utterance_id"]) == set(own.rows["utterance_id"])
    assert held.predictions.rows["utterance_id"].tolist() == (
        held.examples.rows["utterance_id"].tolist()
    )
    adapter = adapter_on(base, own, known, params)
    later = voice_of(range(30, 31), turned=len(synthetic.LABELS))  # the same voice another day
    assert score(adapter, later) > score(base, later) + 0.2


def test_a_voice_like_others_gains_nothing(base: Bundle, known: Examples, params: Params) -> None:
    held = hold_out(base, voice_of(range(21, 22)), known, params)
    assert held.comparison.difference.low <= 0
    assert held.comparison.before > 0.9


def test_no_clip_is_judged_by_what_learnt_from_it(
    base: Bundle, known: Examples, params: Params
) -> None:
    """Labels by chance can be learnt by heart, but not told of clips that were held out."""
    own = voice_of(range(22, 23))
    luck = np.random.default_rng(3).permutation(own.rows["emotion"])
    own = replace(own, rows=own.rows.assign(emotion=luck))
    keen = params.training.model_copy(update={"lora_rank": 16})
    held = hold_out(base, own, known, params.model_copy(update={"training": keen}))
    assert held.comparison.after < 0.6


def test_folds_hold_alike_of_every_emotion() -> None:
    own = voice_of(range(2))
    folds = dealt(own, 5, seed=1)
    counts = own.rows.groupby([folds, own.rows["emotion"]]).size()
    assert set(counts) == {2}
    assert folds.tolist() == dealt(own, 5, seed=1).tolist()
    assert folds.tolist() != dealt(own, 5, seed=2).tolist()
    assert sorted(dealt(own.take([0, 6, 12]), 5, seed=1)) == [0, 1, 2]


@pytest.mark.parametrize("few", [[0, 5, 10, 11], [0, 1, 2, 3, 4]], ids=["clips", "emotions"])
def test_too_few_clips_or_emotions(
    few: list[int], base: Bundle, known: Examples, params: Params
) -> None:
    with pytest.raises(CorpusError, match=r"needs 5 clips .* of 2 emotions at least"):
        hold_out(base, voice_of(range(20, 21)).take(few), known, params)
