"""What is asked about an utterance, and what is known of it before a model is run."""

from dataclasses import dataclass
from pathlib import Path

from undertone.audio import quality
from undertone.config import AudioParams
from undertone.face.eyes import Eyes, Seen
from undertone.prediction import AudioQuality
from undertone.speech.features import grid_frames, real_frames
from undertone.speech.utterance import Utterance, prepare
from undertone.timing import Timings


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


@dataclass(frozen=True)
class Prepared:
    """A query whose recording was decoded, cleaned and searched for speech.

    Attributes:
        query: as asked.
        seen: what the picture shows.
        utterance: the recording; none without one.
        figures: of the recording as it came in.
        timings: milliseconds of each stage so far.
    """

    query: Query
    seen: Seen
    utterance: Utterance | None
    figures: AudioQuality | None
    timings: Timings

    @property
    def frames(self) -> int:
        """Mel frames that the encoder takes of it; those of one number are best heard together."""
        return (
            0 if self.utterance is None else grid_frames(real_frames(len(self.utterance.samples)))
        )


def prepared(query: Query, eyes: Eyes, params: AudioParams) -> Prepared:
    """Decode, clean and look, before any model is run.

    Raises:
        AudioError: the recording cannot be used.
        PictureError: the image is none, or is over the bounds.
    """
    timings = Timings()
    utterance = figures = None
    if query.audio is not None:
        with timings.measure("decode"):
            utterance = prepare(query.audio, params, silence=True)
            figures = quality(utterance.recording, utterance.speech)
    seen = Seen()
    if query.image is not None:
        with timings.measure("image"):
            seen = eyes.look(query.image)
    return Prepared(query, seen, utterance, figures, timings)
