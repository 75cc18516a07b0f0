"""What lies between mouth and recording: a studio, a telephone line, or a noisy street."""

from typing import Literal

import numpy as np

from undertone.audio.line import Signal, mu_law, telephone_band, with_noise
from undertone.audio.noises import pink

Channel = Literal["studio", "telephone", "street"]

_STUDIO_SNR_DB = (35.0, 50.0)
_LINE_SNR_DB = (12.0, 24.0)
_STREET_SNR_DB = (3.0, 12.0)


def transmit(samples: Signal, channel: Channel, rng: np.random.Generator) -> Signal:
    """Send 16 kHz speech through a channel: noise, and on the telephone band and codec.

    Args:
        samples: float64 mono in [-1, 1].
        channel: where it was recorded.
        rng: draws the noise.

    Returns:
        As many samples.
    """
    if channel == "studio":
        return with_noise(samples, rng.normal(size=len(samples)), rng.uniform(*_STUDIO_SNR_DB))
    if channel == "street":
        return with_noise(samples, pink(len(samples), rng), rng.uniform(*_STREET_SNR_DB))
    line = telephone_band(samples)
    noise = telephone_band(rng.normal(size=len(samples)))
    return mu_law(with_noise(line, noise, rng.uniform(*_LINE_SNR_DB)))
