"""Recordings: decoded, checked, measured, cleaned, and where in them someone speaks."""

from undertone.audio.cleaning import clean
from undertone.audio.decoding import decode
from undertone.audio.measures import check, quality
from undertone.audio.recording import SAMPLE_RATE, Recording, Samples, from_pcm16, to_pcm16
from undertone.audio.speech import speech_segments
from undertone.audio.writing import wav

__all__ = [
    "SAMPLE_RATE",
    "Recording",
    "Samples",
    "check",
    "clean",
    "decode",
    "from_pcm16",
    "quality",
    "speech_segments",
    "to_pcm16",
    "wav",
]
