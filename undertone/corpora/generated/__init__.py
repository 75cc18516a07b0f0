"""Emotional speech made on the spot: words, voices and feelings all known."""

from undertone.corpora.generated.build import generate

__all__ = ["generate"]
