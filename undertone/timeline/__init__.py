"""Emotion over time and for each word, from the encoder pass that has been made anyway."""
