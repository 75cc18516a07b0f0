import numpy as np
import pytest

from undertone.audio import SAMPLE_RATE
from undertone.audio.noises import cough, hum_of_voices, music, pink, tone, white

VOICE = np.sin(np.arange(SAMPLE_RATE) / 9)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def power(samples: np.ndarray, low: float, high: float) -> float:
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    chosen = (hertz >= low) & (hertz < high)
    return float((np.abs(np.fft.rfft(samples)) ** 2)[chosen].sum())


@pytest.mark.parametrize("noise", [white, pink, tone, music, cough])
def test_every_noise_is_seeded(noise) -> None:
    first, again, other = (noise(SAMPLE_RATE, generator(seed)) for seed in (1, 1, 2))
    assert len(first) == SAMPLE_RATE
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_pink_noise_is_as_strong_in_every_octave() -> None:
    low, high = ((500, 1000), (4000, 8000))
    pinkish, whitish = (noise(4 * SAMPLE_RATE, generator()) for noise in (pink, white))
    assert power(pinkish, *high) / power(pinkish, *low) == pytest.approx(1, rel=0.15)
    assert power(whitish, *high) / power(whitish, *low) == pytest.approx(8, rel=0.15)


def test_a_tone_has_one_frequency() -> None:
    spectrum = np.abs(np.fft.rfft(tone(SAMPLE_RATE, generator()) * np.hanning(SAMPLE_RATE))) ** 2
    peak = int(spectrum.argmax())
    assert 100 <= peak <= 4000
    assert spectrum[peak - 3 : peak + 4].sum() > 0.999 * spectrum.sum()


def test_a_cough_is_short_and_music_goes_on() -> None:
    loud = np.flatnonzero(cough(3 * SAMPLE_RATE, generator()))
    assert np.ptp(loud) < 0.5 * SAMPLE_RATE
    played = music(3 * SAMPLE_RATE, generator()).reshape(12, -1)
    assert (played.std(axis=1) > 0).all()


def test_babble_repeats_short_voices_and_takes_few() -> None:
    mixed = hum_of_voices([VOICE[:4000], VOICE[2000:6000]], len(VOICE), generator())
    assert len(mixed) == len(VOICE)
    assert mixed.std() > 0
