"""PCM as it comes off a line to the samples that everything else takes."""

import numpy as np
import soxr

from undertone.audio import SAMPLE_RATE, Samples, from_pcm16


class Resampler:
    """Little-endian PCM16 of one stream to 16 kHz: the same samples as if it came in one piece.

    Args:
        sample_rate: of the stream, in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._stream: soxr.ResampleStream | None = None
        if sample_rate != SAMPLE_RATE:
            self._stream = soxr.ResampleStream(sample_rate, SAMPLE_RATE, 1, dtype="float32")

    def __call__(self, pcm: bytes, *, last: bool = False) -> Samples:
        """The next samples, as far as they are known yet; all of them with the `last` bytes."""
        samples = from_pcm16(np.frombuffer(pcm, "<i2")).samples
        if self._stream is None:
            return samples
        resampled = self._stream.resample_chunk(samples, last=last)
        return np.asarray(resampled.clip(-1, 1), np.float32)
