import numpy as np
import pytest

from undertone.audio import SAMPLE_RATE
from undertone.evaluation.behaviour import changes
from undertone.evaluation.behaviour.suite import SMALL, sound_tests

TIME = np.arange(SAMPLE_RATE) / SAMPLE_RATE
VOICE = 0.3 * np.sin(2 * np.pi * 200 * TIME) * (1 + np.sin(2 * np.pi * 3 * TIME)) / 2
VOICES = [np.roll(VOICE, 1000 * k) for k in range(9)]


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def snr_db(changed: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(VOICE**2) / np.mean((changed - VOICE) ** 2)))


@pytest.mark.parametrize(
    ("test", "change"),
    [pytest.param(*each, id=each[0].name) for each in sound_tests(VOICES)],
)
def test_every_change_is_seeded_and_changes_something(test, change) -> None:
    first, again, other = (change(VOICE, generator(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.isfinite(first).all()
    assert len(first) != len(VOICE) or not np.array_equal(first, VOICE)
    drawn = test.group == "noise"
    assert not drawn or not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (changes.white_noise, 20),
        (changes.background_music, 20),
        (changes.coughing, 10),
        (changes.babble(VOICES), 20),
    ],
)
def test_noise_comes_at_its_level(change, expected: float) -> None:
    assert snr_db(change(VOICE, generator())) == pytest.approx(expected, abs=0.01)


def test_small_changes_are_small() -> None:
    louder, softer = SMALL["gain +2 dB"], SMALL["gain -2 dB"]
    assert softer(louder(VOICE, generator()), generator()) == pytest.approx(VOICE)
    clipped = changes.clip(VOICE, generator())
    assert 0 < np.mean(clipped != VOICE) <= 0.004
    for change in (changes.highpass, changes.lowpass, changes.faint_noise):
        assert snr_db(change(VOICE, generator())) > 5
    for change in (changes.crop_start, changes.crop_end):
        assert len(VOICE) - len(change(VOICE, generator())) in changes.FEW_SAMPLES
    assert len(changes.crop_end(VOICE[:800], generator(1))) >= 600


def test_padding_is_silent_and_at_its_end() -> None:
    for change, edge in ((changes.pad_start, slice(0, 100)), (changes.pad_end, slice(-100, None))):
        assert not change(VOICE, generator())[edge].any()


def test_there_is_no_babble_without_voices() -> None:
    names = [test.name for test, _ in sound_tests([])]
    assert len(names) == len(sound_tests(VOICES)) - 1
    assert "babble 20 dB" not in names
