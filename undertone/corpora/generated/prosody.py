"""How an emotion sounds: what espeak-ng is told, and what is done to the wave afterwards.

The directions follow the vocal correlates of emotion that Juslin and Laukka (2003,
doi:10.1037/0033-2909.129.5.770) collect: rate, pitch, its range, high-frequency energy,
tremor, breath and roughness.
"""

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from undertone.audio.line import filtered
from undertone.audio.recording import SAMPLE_RATE

Samples = npt.NDArray[np.float64]

_BREATH_WINDOW = SAMPLE_RATE // 100  # to either side
_LEVEL = 0.08  # root mean square of a voice before its channel


@dataclass(frozen=True)
class Prosody:
    """A manner of speaking.

    Attributes:
        rate: factor on the speaking rate.
        pitch: base pitch, 0 to 99.
        pitch_range: 0 (monotone) to 99.
        pause: between words, in units of 10 ms.
        tract: factor on the formants; smiling shortens the vocal tract.
        tilt: change of the spectral slope, dB per octave; above 0 is brighter.
        breath: aspiration noise, relative to the voice.
        tremor: depth of a shaking of pitch and loudness, 0 to 1.
        creak: depth of a slow rattling of the glottis, 0 to 1.
        strain: how far loud parts are pressed, 0 to 1.
        swell: how much the loudness grows to the end, in dB.
    """

    rate: float = 1.0
    pitch: float = 48.0
    pitch_range: float = 45.0
    pause: float = 0.0
    tract: float = 1.0
    tilt: float = 0.0
    breath: float = 0.01
    tremor: float = 0.0
    creak: float = 0.0
    strain: float = 0.0
    swell: float = 0.0


NEUTRAL = Prosody()
PROSODY = {
    "anger": Prosody(1.12, 51.0, 72.0, 0.0, 1.00, 2.6, 0.00, 0.00, 0.12, 0.90, 2.0),
    "disgust": Prosody(0.86, 42.0, 55.0, 0.5, 0.95, -0.6, 0.02, 0.00, 0.75, 0.15, -3.0),
    "fear": Prosody(1.18, 62.0, 32.0, 0.0, 1.02, 0.6, 0.16, 0.55, 0.00, 0.00, 0.0),
    "happiness": Prosody(1.08, 60.0, 84.0, 0.0, 1.07, 1.2, 0.01, 0.08, 0.00, 0.10, 0.0),
    "neutral": NEUTRAL,
    "sadness": Prosody(0.82, 37.0, 14.0, 1.0, 0.97, -2.6, 0.10, 0.08, 0.05, 0.00, -8.0),
    "surprise": Prosody(1.00, 69.0, 99.0, 0.0, 1.00, -0.4, 0.05, 0.00, 0.00, 0.00, 9.0),
}


def between(target: Prosody, intensity: float) -> Prosody:
    """The way from neutral (intensity 0) to `target` (1), and beyond."""
    start, end = np.array(astuple(NEUTRAL)), np.array(astuple(target))
    return Prosody(*(start + intensity * (end - start)).tolist())


def colour(samples: Samples, prosody: Prosody, rng: np.random.Generator) -> Samples:
    """Give 16 kHz speech the colour of a prosody: tremor, creak, slope, breath, strain, swell.

    Rate, pitch, range, pauses and tract are left to the synthesis.

    Args:
        samples: float64 mono.
        prosody: what to apply.
        rng: draws phases and noise.

    Returns:
        As many samples, at a fixed level.
    """
    voice = _creaking(_trembling(samples, prosody.tremor, rng), prosody.creak, rng)
    voice = _breathing(_tilted(voice, prosody.tilt), prosody.breath, rng)
    voice = _swelling(_strained(voice, prosody.strain), prosody.swell)
    return np.asarray(voice * (_LEVEL / (np.sqrt(np.mean(voice**2)) + 1e-9)))


def _seconds(samples: Samples) -> Samples:
    return np.arange(len(samples)) / SAMPLE_RATE


def _trembling(samples: Samples, depth: float, rng: np.random.Generator) -> Samples:
    frequency, phase = rng.uniform(6.0, 9.0), rng.uniform(0, 2 * np.pi)
    time = _seconds(samples)
    wave = np.sin(2 * np.pi * frequency * time + phase)
    warped = np.interp(time + 0.002 * depth * wave, time, samples)
    return warped * (1 + 0.8 * depth * wave)


def _creaking(samples: Samples, depth: float, rng: np.random.Generator) -> Samples:
    frequency = rng.uniform(32.0, 44.0)
    drift = np.cumsum(rng.normal(0, 0.02, len(samples))) / np.sqrt(SAMPLE_RATE)
    pulses = np.sin(2 * np.pi * (frequency * _seconds(samples) + drift)) > 0
    return np.asarray(samples * (1 - depth * pulses))


def _tilted(samples: Samples, decibels_per_octave: float) -> Samples:
    def slope(hertz: Samples) -> Samples:
        octaves = np.log2(np.clip(hertz, 125.0, 8000.0) / 1000.0)
        return np.asarray(10 ** (decibels_per_octave * octaves / 20))

    return filtered(samples, slope)


def _breathing(samples: Samples, share: float, rng: np.random.Generator) -> Samples:
    power = np.pad(np.cumsum(samples**2), _BREATH_WINDOW, mode="edge")
    window = power[2 * _BREATH_WINDOW :] - power[: -2 * _BREATH_WINDOW]
    loudness = np.sqrt(np.maximum(window, 0) / (2 * _BREATH_WINDOW))
    hiss = np.diff(rng.normal(size=len(samples) + 1))
    return np.asarray(samples + 2 * max(share, 0.0) * loudness * hiss)


def _strained(samples: Samples, share: float) -> Samples:
    peak = np.abs(samples).max() + 1e-9
    pressed = 0.5 * peak * np.tanh(5.0 * samples / peak)
    return np.asarray((1 - share) * samples + share * pressed)


def _swelling(samples: Samples, decibels: float) -> Samples:
    gain = np.linspace(-decibels / 2, decibels / 2, len(samples))
    return np.asarray(samples * 10 ** (gain / 20))
