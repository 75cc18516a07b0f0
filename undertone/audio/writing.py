"""Samples as the file that a caller would have sent."""

import io
import wave

from undertone.audio.recording import SAMPLE_RATE, Samples, to_pcm16


def wav(samples: Samples) -> bytes:
    """The bytes of a WAV.

    Args:
        samples: float32 [time], 16 kHz mono.
    """
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(to_pcm16(samples).astype("<i2").tobytes())
    return file.getvalue()
