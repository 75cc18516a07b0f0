"""The emotion of utterances, from whatever of speech, text and image there is."""

from undertone.inference.predictor import Predictor
from undertone.inference.preparing import Prepared
from undertone.inference.whisper import listener_for, require_same_whisper
from undertone.query import Query

__all__ = ["Predictor", "Prepared", "Query", "listener_for", "require_same_whisper"]
