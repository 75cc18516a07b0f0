"""Items scored by a sum of parts, so that each place in the list has its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from examples.common.retrieval import Embedder
from examples.recommender.catalogue import Item, Weights

PARTS = ("words", "taste", "popularity", "mood")
FARTHEST = 8**0.5  # from one corner of valence and arousal to the other
Floats = npt.NDArray[np.floating]


class Mood(NamedTuple):
    """What a user feels, each from -1 to 1."""

    valence: float
    arousal: float


@dataclass(frozen=True)
class Asked:
    """What is known of a user who asks.

    Attributes:
        words: what they said or typed; may be empty.
        liked: places in the catalogue of what they chose before; empty for a new user.
        mood: none where they opted out, or where the service did not tell.
    """

    words: str = ""
    liked: tuple[int, ...] = ()
    mood: Mood | None = None


@dataclass(frozen=True)
class Ranked:
    """An item in its place, and what each part brings; the score is their sum."""

    item: Item
    score: float
    by_part: dict[str, float]


class Blend:
    """Ranks the items of a catalogue.

    Args:
        items: at least one.
        weights: what a part of 1 is worth.
        embed: finds how near texts are.
    """

    def __init__(self, items: Sequence[Item], weights: Weights, embed: Embedder) -> None:
        self._items = items
        self._weights = weights.of(PARTS)
        self._embed = embed
        self._vectors: Floats = embed([f"{item.title} {item.about}" for item in items])
        self._popularity = np.array([item.popularity for item in items])
        self._moods = np.array([(item.valence, item.arousal) for item in items])

    def rank(self, asked: Asked, count: int = 10) -> list[Ranked]:
        """The best items that the user has not chosen before, the best first."""
        brought = self.parts(asked) * self._weights
        scores = brought.sum(axis=1)
        order = [place for place in np.argsort(-scores, kind="stable") if place not in asked.liked]
        return [
            Ranked(
                self._items[place],
                float(scores[place]),
                dict(zip(PARTS, brought[place].tolist(), strict=True)),
            )
            for place in order[:count]
        ]

    def parts(self, asked: Asked) -> Floats:
        """Each item's parts [N, 4], mostly within 0 and 1; a part is 0 where nothing is known."""
        nothing = np.zeros(len(self._items))
        words = self._vectors @ self._embed([asked.words])[0] if asked.words else nothing
        taste = self._near(asked.liked) if asked.liked else nothing
        mood = self._fitting(asked.mood) if asked.mood else nothing
        return np.stack([words, taste, self._popularity, mood], axis=1)

    def _near(self, liked: tuple[int, ...]) -> Floats:
        mean = self._vectors[list(liked)].mean(axis=0)
        near: Floats = self._vectors @ (mean / np.linalg.norm(mean))
        return near

    def _fitting(self, mood: Mood) -> Floats:
        away: Floats = np.linalg.norm(self._moods - np.array(mood), axis=1)
        return 1 - away / FARTHEST
