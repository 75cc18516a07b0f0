"""The people of the generated corpus: a voice of espeak-ng and a body that colours it."""

from dataclasses import dataclass

import numpy as np

_VARIANTS = (
    *("f1", "m1", "f2", "m2", "f3", "m3", "f4", "m4", "f5", "m5", "Alicia", "m6"),
    *("Andrea", "Andy", "Annie", "Alex", "aunty", "Lee", "belinda", "Michael"),
    *("linda", "max", "shelby", "rob"),
)
_ACCENTS = ("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc")
_FAMILY_SEED = 2027


@dataclass(frozen=True)
class Speaker:
    """A speaker, the same in every corpus that counts them in.

    Attributes:
        voice: the name of the espeak-ng voice.
        tract: factor on all formants; above 1 is a shorter vocal tract.
        rate: factor on the speaking rate.
        pitch: offset of the base pitch, on espeak-ng's scale.
        pitch_range: offset of the pitch range, on espeak-ng's scale.
        tilt: change of the spectral slope, dB per octave.
        breath: aspiration noise, relative to the voice.
    """

    speaker_id: str
    voice: str
    tract: float
    rate: float
    pitch: float
    pitch_range: float
    tilt: float
    breath: float


def speaker(index: int) -> Speaker:
    """The speaker with this number.

    The counts of variants (24) and accents (5) share no factor, so 120 speakers pass before a
    voice returns; it then belongs to another body.
    """
    rng = np.random.default_rng([_FAMILY_SEED, index])
    return Speaker(
        speaker_id=f"voice{index:03d}",
        voice=f"{_ACCENTS[index % len(_ACCENTS)]}+{_VARIANTS[index % len(_VARIANTS)]}",
        tract=float(rng.uniform(0.95, 1.05)),
        rate=float(rng.normal(1.0, 0.04)),
        pitch=float(rng.normal(0.0, 5.0)),
        pitch_range=float(rng.normal(0.0, 5.0)),
        tilt=float(rng.normal(0.0, 0.8)),
        breath=float(abs(rng.normal(0.0, 0.01))),
    )
