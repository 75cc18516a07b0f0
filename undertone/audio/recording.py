"""A recording as everything after the decoder sees it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from undertone.audio.loudness import loudness

SAMPLE_RATE = 16_000

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Recording:
    """One decoded recording.

    Attributes:
        samples: float32 [time], mono at `SAMPLE_RATE`, within [-1, 1].
        sample_rate: of the source, in Hz, before resampling.
        channels: of the source, before they were mixed down.
    """

    samples: Samples
    sample_rate: int = SAMPLE_RATE
    channels: int = 1

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / SAMPLE_RATE

    @cached_property
    def loudness(self) -> float:
        """In LUFS, measured once."""
        return loudness(self.samples, SAMPLE_RATE)


def from_pcm16(samples: npt.NDArray[np.int16]) -> Recording:
    """A recording of int16 samples that are 16 kHz mono already."""
    return Recording(samples.astype(np.float32) / np.float32(32_768))


def to_pcm16(samples: Samples) -> npt.NDArray[np.int16]:
    """Samples as 16-bit integers; those that came from 16 bits come back unchanged."""
    scaled = np.rint(samples * 32_768).clip(-32_768, 32_767)
    return scaled.astype(np.int16)
