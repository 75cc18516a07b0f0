"""Listening: one Whisper pass that gives the transcript and the acoustic states."""

from undertone.speech.hearing import hear

__all__ = ["hear"]
