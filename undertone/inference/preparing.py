"""What is known of an utterance before a model is run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from undertone.audio import quality
from undertone.config import AudioParams
from undertone.face.eyes import Eyes, Seen
from undertone.prediction import AudioQuality
from undertone.query import Query
from undertone.speech.features import grid_frames, real_frames
from undertone.speech.listener import spoken
from undertone.speech.utterance import Utterance, prepare
from undertone.timing import Timings

if TYPE_CHECKING:
    from undertone.inference.predictor import Predictor

LONGEST_SECONDS = 30.0  # what Whisper hears at once


@dataclass(frozen=True)
class Prepared:
    """A query whose recording was decoded, cleaned and searched for speech.

    Attributes:
        query: as asked.
        by: the predictor whose answer is wanted.
        seen: what the picture shows.
        utterance: the recording; none without one.
        figures: of the recording as it came in.
        timings: milliseconds of each stage so far.
    """

    query: Query
    by: "Predictor"
    seen: Seen
    utterance: Utterance | None
    figures: AudioQuality | None
    timings: Timings

    @property
    def frames(self) -> int:
        """Mel frames of what is heard of it; those of one number are best heard together."""
        if self.utterance is None:
            return 0
        heard = spoken(self.utterance.samples, self.utterance.speech, LONGEST_SECONDS)
        return grid_frames(real_frames(len(heard)))


def prepared(query: Query, by: "Predictor", eyes: Eyes, params: AudioParams) -> Prepared:
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
    return Prepared(query, by, seen, utterance, figures, timings)
