"""From a recording's file to what a listener takes: the same in training and in service."""

from dataclasses import dataclass
from pathlib import Path

from undertone.audio import Recording, Samples, check, clean, decode, speech_segments
from undertone.config import AudioParams


@dataclass(frozen=True)
class Utterance:
    """A recording ready to be heard.

    Attributes:
        recording: as decoded.
        samples: the same, cleaned: float32 [time], mono 16 kHz.
        speech: start and end in seconds of each stretch of speech.
    """

    recording: Recording
    samples: Samples
    speech: list[tuple[float, float]]


def prepare(source: Path | bytes, params: AudioParams, *, silence: bool = False) -> Utterance:
    """Decode, check and clean a recording, and find the speech in it.

    Args:
        source: a recording, as a file or its bytes.
        params: bounds and cleaning.
        silence: whether a silent recording will do.

    Raises:
        AudioError: it cannot be decoded, or holds no usable speech.
    """
    recording = decode(source, params)
    check(recording, params, silence=silence)
    return cleaned(recording, params)


def cleaned(recording: Recording, params: AudioParams) -> Utterance:
    """A recording that has been decoded already, cleaned, and the speech in it found."""
    return Utterance(
        recording=recording,
        samples=clean(recording, params).samples,
        speech=speech_segments(recording.samples),
    )
