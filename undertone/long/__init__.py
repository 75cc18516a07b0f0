"""Recordings of hours: heard utterance by utterance, never held as a whole."""

from undertone.long.hearing import Hearing
from undertone.long.summary import Passage, Stretch, Summary, Tally

__all__ = ["Hearing", "Passage", "Stretch", "Summary", "Tally"]
