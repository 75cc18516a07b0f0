"""The emotion of utterances, from whatever of speech, text and image there is."""

from undertone.inference.predictor import Predictor
from undertone.inference.queries import Prepared, Query
from undertone.inference.whisper import listener_for, require_same_whisper

__all__ = ["Predictor", "Prepared", "Query", "listener_for", "require_same_whisper"]
