"""Changes of a recording: seeded functions from 16 kHz samples to 16 kHz samples."""

from collections.abc import Callable, Sequence

import numpy as np

from undertone.audio import line
from undertone.audio.line import Signal, filtered, with_noise
from undertone.audio.noises import cough, hum_of_voices, music, white

Change = Callable[[Signal, np.random.Generator], Signal]

FEW_SAMPLES = (100, 500, 1000)
CLIPPED_SHARES = (0.001, 0.002, 0.003)
FAINT_SNR_DB = (35.0, 40.0, 45.0)
HIGHPASS_HZ = (50.0, 100.0, 150.0)
LOWPASS_HZ = (6500.0, 7000.0, 7500.0)
MOST_CROPPED = 0.25  # of a recording


def gain(decibel: float) -> Change:
    """Louder or softer by a fixed number of decibels."""
    return lambda samples, _: samples * 10 ** (decibel / 20)


def faint_noise(samples: Signal, rng: np.random.Generator) -> Signal:
    """White noise that is hardly heard: 35, 40 or 45 dB below the speech."""
    return with_noise(samples, white(len(samples), rng), rng.choice(FAINT_SNR_DB))


def clip(samples: Signal, rng: np.random.Generator) -> Signal:
    """Cut the highest 0.1, 0.2 or 0.3 % of the samples off."""
    ceiling = np.quantile(np.abs(samples), 1 - rng.choice(CLIPPED_SHARES))
    return np.clip(samples, -ceiling, ceiling)


def crop_start(samples: Signal, rng: np.random.Generator) -> Signal:
    """100, 500 or 1000 samples less at the start."""
    return samples[_few(samples, rng) :]


def crop_end(samples: Signal, rng: np.random.Generator) -> Signal:
    """100, 500 or 1000 samples less at the end."""
    return samples[: len(samples) - _few(samples, rng)]


def pad_start(samples: Signal, rng: np.random.Generator) -> Signal:
    """100, 500 or 1000 zeros at the start."""
    return np.pad(samples, (int(rng.choice(FEW_SAMPLES)), 0))


def pad_end(samples: Signal, rng: np.random.Generator) -> Signal:
    """100, 500 or 1000 zeros at the end."""
    return np.pad(samples, (0, int(rng.choice(FEW_SAMPLES))))


def highpass(samples: Signal, rng: np.random.Generator) -> Signal:
    """A Butterworth high-pass of first order at 50, 100 or 150 Hz, without delay."""
    edge = rng.choice(HIGHPASS_HZ)
    return filtered(samples, lambda hertz: 1 / np.hypot(1, edge / np.maximum(hertz, 1e-3)))


def lowpass(samples: Signal, rng: np.random.Generator) -> Signal:
    """A Butterworth low-pass of first order at 6.5, 7 or 7.5 kHz, without delay."""
    edge = rng.choice(LOWPASS_HZ)
    return filtered(samples, lambda hertz: 1 / np.hypot(1, hertz / edge))


def white_noise(samples: Signal, rng: np.random.Generator) -> Signal:
    """White noise 20 dB below the speech."""
    return with_noise(samples, white(len(samples), rng), 20.0)


def coughing(samples: Signal, rng: np.random.Generator) -> Signal:
    """One cough-like burst somewhere, 10 dB below the speech over the whole length."""
    return with_noise(samples, cough(len(samples), rng), 10.0)


def background_music(samples: Signal, rng: np.random.Generator) -> Signal:
    """Music-like chords 20 dB below the speech."""
    return with_noise(samples, music(len(samples), rng), 20.0)


def babble(voices: Sequence[Signal]) -> Change:
    """Four to seven of these voices talking at once, 20 dB below the speech."""

    def talk(samples: Signal, rng: np.random.Generator) -> Signal:
        return with_noise(samples, hum_of_voices(voices, len(samples), rng), 20.0)

    return talk


def telephone(samples: Signal, _: np.random.Generator) -> Signal:
    """A telephone line: 300 to 3400 Hz, 8 kHz, mu-law."""
    return line.telephone(samples)


def _few(samples: Signal, rng: np.random.Generator) -> int:
    return min(int(rng.choice(FEW_SAMPLES)), int(MOST_CROPPED * len(samples)))
