"""A recorded call as it would come in: one channel of it, frame by frame."""

import asyncio
import time
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from undertone.errors import AudioError

FRAME_S = 0.1
RATES = (8_000, 16_000)
STEREO_PCM16 = (2, 2)  # channels, bytes of a sample


@contextmanager
def opened(path: Path) -> Iterator[wave.Wave_read]:
    """Open a call.

    Raises:
        AudioError: it is no WAV of two channels with 16 bits, at 8 or 16 kHz.
    """
    try:
        file = wave.open(str(path))  # noqa: SIM115
    except (OSError, EOFError, wave.Error) as error:
        raise AudioError(f"{path} cannot be read as a WAV file: {error}.") from error
    with file:
        found = (file.getnchannels(), file.getsampwidth())
        if found != STEREO_PCM16 or file.getframerate() not in RATES:
            raise AudioError(
                f"{path} must have two channels of 16-bit samples at 8 or 16 kHz, not {found[0]} "
                f"of {8 * found[1]} bits at {file.getframerate()} Hz. ffmpeg converts it: "
                "-ac 2 -ar 8000 -sample_fmt s16."
            )
        yield file


async def frames(file: wave.Wave_read, channel: int, pace: float) -> AsyncIterator[bytes]:
    """One channel's samples, no faster than they were spoken times `pace`."""
    count = round(FRAME_S * file.getframerate())
    due = time.monotonic()
    while both := file.readframes(count):
        yield np.frombuffer(both, "<i2")[channel::2].tobytes()
        due += FRAME_S / pace
        await asyncio.sleep(due - time.monotonic())
