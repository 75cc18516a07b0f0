import copy

import pytest
import torch
from torch.testing import assert_close

from tests.training import synthetic
from undertone.bundle import Bundle
from undertone.config import AudioParams, Params
from undertone.continual.adapting import blend
from undertone.continual.shift import absorb, blind, shift_directions
from undertone.training.beginning import begin
from undertone.training.examples import Examples
from undertone.training.predicting import predict

LINE = torch.linspace(-9, 9, synthetic.SHAPE[1])


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    whisper = synthetic.write_whisper(tmp_path_factory.mktemp("models") / "whisper")
    return synthetic.settings(f"listening.whisper={whisper}")


@pytest.fixture
def old() -> Examples:
    return synthetic.examples(speakers=20)


@pytest.fixture
def bundle(old: Examples, params: Params) -> Bundle:
    torch.manual_seed(0)
    return begin(old, params, synthetic.LABELS)


def moved(examples: Examples, line: torch.Tensor) -> Examples:
    return Examples(examples.rows, examples.statistics + line)


def voice(bundle: Bundle, examples: Examples) -> torch.Tensor:
    return torch.from_numpy(predict(bundle, examples).by_modality["audio"])


def test_finds_the_line_and_nothing_else(bundle: Bundle, old: Examples) -> None:
    found = shift_directions(bundle, old, moved(old, LINE), AudioParams())
    assert found is not None
    expected = (LINE / bundle.model.acoustic.standardise.scale).flatten()
    outside = expected - expected @ found @ found.T
    assert outside.norm() < 0.1 * expected.norm()
    assert found.shape[1] == synthetic.SHAPE[0]
    assert_close(found.T @ found, torch.eye(found.shape[1]), atol=1e-5, rtol=0)


def test_an_angrier_domain_is_not_shifted(bundle: Bundle, old: Examples) -> None:
    angry = (old.rows["emotion"] == "anger").to_numpy()
    mix = Examples.concat([old.take(angry), old.take(angry), old])
    line = shift_directions(bundle, old, moved(mix, LINE), AudioParams())
    same = shift_directions(bundle, old, moved(old, LINE), AudioParams())
    assert line is not None
    assert same is not None
    assert_close(line @ line.T, same @ same.T, atol=1e-4, rtol=0)


def test_what_was_blinded_and_absorbed_does_not_hear_the_line(
    bundle: Bundle, old: Examples
) -> None:
    new = moved(old, LINE)
    directions = shift_directions(bundle, old, new, AudioParams())
    assert directions is not None
    names = bundle.model.state_dict().keys()
    before = (voice(bundle, old) - voice(bundle, new)).abs().max()
    blind(bundle.model, directions)
    blinded = voice(bundle, new)
    absorb(bundle.model)
    assert bundle.model.state_dict().keys() == names
    assert_close(voice(bundle, new), blinded, atol=1e-4, rtol=1e-4)
    assert (voice(bundle, old) - voice(bundle, new)).abs().max() < 0.02 * before


def test_no_direction_without_recordings_or_a_common_emotion(bundle: Bundle, old: Examples) -> None:
    silent = Examples(old.rows.assign(path=None), old.statistics)
    assert shift_directions(bundle, old, silent, AudioParams()) is None
    parts = [old.take((old.rows["emotion"] == name).to_numpy()) for name in ("anger", "sadness")]
    assert shift_directions(bundle, *parts, AudioParams()) is None


def test_blend_lies_between_its_ends(bundle: Bundle) -> None:
    base, trained = bundle.model, copy.deepcopy(bundle.model)
    with torch.no_grad():
        for weight in trained.parameters():
            weight += 1.0
    half = copy.deepcopy(trained)
    blend(half, base, 0.5)
    for middle, start in zip(half.parameters(), base.parameters(), strict=True):
        assert_close(middle, start + 0.5)
    whole = copy.deepcopy(trained)
    blend(whole, base, 1.0)
    for end, learnt in zip(whole.parameters(), trained.parameters(), strict=True):
        assert_close(end, learnt)
