import numpy as np
import pytest

from undertone.audio import SAMPLE_RATE
from undertone.audio.line import filtered, mu_law, telephone, telephone_band, with_noise

TIME = np.arange(SAMPLE_RATE) / SAMPLE_RATE


def tone(hertz: float) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hertz * TIME)


def level(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2)))


@pytest.mark.parametrize(
    ("hertz", "kept"), [(100, False), (1000, True), (2500, True), (6000, False)]
)
def test_the_telephone_carries_its_band_alone(hertz: float, kept: bool) -> None:
    share = level(telephone_band(tone(hertz))) / level(tone(hertz))
    assert share > 0.9 if kept else share < 0.05


def test_noise_comes_at_its_level() -> None:
    noise = np.random.default_rng(0).normal(size=len(TIME))
    added = with_noise(tone(440), noise, 20.0) - tone(440)
    assert level(tone(440)) / level(added) == pytest.approx(10.0)


def test_the_codec_costs_little_of_a_loud_tone() -> None:
    through = mu_law(tone(1000))
    assert len(through) == len(TIME)
    middle = slice(1000, -1000)
    assert 0 < level((through - tone(1000))[middle]) < 0.05 * level(tone(1000))


def test_a_filter_that_passes_everything_changes_nothing() -> None:
    assert filtered(tone(440), np.ones_like) == pytest.approx(tone(440))


def test_a_telephone_is_its_band_and_its_codec() -> None:
    assert np.array_equal(telephone(tone(6000)), mu_law(telephone_band(tone(6000))))
    assert level(telephone(tone(1000))) > 10 * level(telephone(tone(6000)))
