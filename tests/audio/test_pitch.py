import numpy as np
import pytest

from undertone.audio import SAMPLE_RATE
from undertone.audio.pitch import pitch

TIME = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE


@pytest.mark.parametrize("hertz", [80, 120, 220, 400])
def test_finds_the_pitch_of_a_buzz_with_pauses(hertz: float) -> None:
    buzz = 0.3 * np.sign(np.sin(2 * np.pi * hertz * TIME))
    buzz[8_000:16_000] = 0
    assert pitch(buzz.astype(np.float32)) == pytest.approx(hertz, rel=0.02)


def test_noise_and_silence_have_none() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    assert np.isnan([pitch(noise), pitch(np.zeros(9_000, np.float32)), pitch(noise[:10])]).all()
