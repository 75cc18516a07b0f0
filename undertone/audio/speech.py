"""Where someone speaks (Silero VAD, from the model that faster-whisper ships)."""

from undertone.audio.recording import SAMPLE_RATE, Samples

MIN_SILENCE_MS = 200
PAD_MS = 100


def speech_segments(samples: Samples) -> list[tuple[float, float]]:
    """Start and end in seconds of each stretch of speech, 0.1 s kept around each.

    Args:
        samples: float32 [time], 16 kHz mono.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_silence_duration_ms=MIN_SILENCE_MS, speech_pad_ms=PAD_MS)
    stretches = get_speech_timestamps(samples, options)
    return [(stretch["start"] / SAMPLE_RATE, stretch["end"] / SAMPLE_RATE) for stretch in stretches]
