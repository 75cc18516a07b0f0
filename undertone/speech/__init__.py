"""Listening: one Whisper pass that gives the transcript and the acoustic states."""
