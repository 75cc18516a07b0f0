"""What is asked about an utterance."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Query:
    """An utterance, by at least one of its modalities, and what is wanted of it.

    Attributes:
        audio: a recording, as a file or its bytes.
        text: what was said; it wins over what would be recognised.
        image: a picture of the speaker, as the bytes of an image file. One without a face changes
            nothing. Ignored where there is neither an image branch nor a `face.classifier`.
        context: what was said before, newest last, for a model that was trained on dialogues.
        timeline: whether the emotion over time, and of each recognised word, is wanted too: that
            of the voice alone, from the same pass of the encoder.
        transcribe: whether a recording is transcribed; without it the voice speaks alone.
        words: whether the times of recognised words are wanted.
        language: spoken in it, for a Whisper of many languages; that of the settings without it.
    """

    audio: bytes | Path | None = None
    text: str | None = None
    image: bytes | None = None
    context: str | None = None
    timeline: bool = False
    transcribe: bool = True
    words: bool = True
    language: str | None = None

    @property
    def given(self) -> str | None:
        """What the caller says was said."""
        return (self.text or "").strip() or None
