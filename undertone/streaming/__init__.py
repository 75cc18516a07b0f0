"""Live speech: frames in, utterances out."""

from undertone.streaming.segmenter import Segmenter, Spoken

__all__ = ["Segmenter", "Spoken"]
