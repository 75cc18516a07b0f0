"""Texts found by what they mean: sentence embeddings, and a local vector index of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from undertone.hub import find

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MOST_TOKENS = 256

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors, so that their product is their similarity.

    Attributes:
        name: what a reader calls it.
        alike: the similarity from which two texts are taken to ask for the same.
        related: the similarity from which one is taken to be about the other.
    """

    name: str
    alike: float
    related: float

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [N, D] of N texts; zeros for one that it knows nothing of."""
        ...


class MiniLM:
    """A sentence encoder of `transformers`: the mean of its last states.

    Args:
        folder: holds the model and its tokenizer.
    """

    name = "MiniLM"
    alike = 0.5
    related = 0.25

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModel, AutoTokenizer

        from undertone.bundle import quiet

        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        with quiet():
            self._model = AutoModel.from_pretrained(folder).eval()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        import torch

        tokens = self._tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=MOST_TOKENS,
            return_tensors="pt",
        )
        with torch.inference_mode():
            states = self._model(**tokens).last_hidden_state
        mask = tokens["attention_mask"][:, :, None]
        means = (states * mask).sum(dim=1) / mask.sum(dim=1)
        found: Vectors = torch.nn.functional.normalize(means).numpy()
        return found


class Tfidf:
    """Parts of words weighted by how rare they are, where there is no sentence encoder.

    Args:
        texts: in which they are counted.
    """

    name = "TF-IDF"
    alike = 0.45
    related = 0.15

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5))
        self._vectorizer.fit(texts)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        found: Vectors = self._vectorizer.transform(texts).toarray().astype(np.float32)
        return found


def embedder_for(texts: Sequence[str]) -> Embedder:
    """MiniLM where it is among the models here, otherwise TF-IDF of `texts`."""
    folder = find(MINILM)
    return MiniLM(folder) if folder else Tfidf(texts)


class Hit(NamedTuple):
    """A text that was found: its place in the index, and how similar it is (1 is the same)."""

    place: int
    similarity: float


class Index:
    """A vector index of texts, exact and in memory.

    Args:
        texts: what can be found, at least one.
        embedder: of these and of what is looked for.
    """

    def __init__(self, texts: Sequence[str], embedder: Embedder) -> None:
        import faiss

        self.embedder = embedder
        vectors = embedder(texts)
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    def nearest(self, text: str, count: int) -> list[Hit]:
        """The most similar texts, the nearest first, at most `count`."""
        wanted = min(count, self._index.ntotal)
        similarities, places = self._index.search(self.embedder([text]), wanted)
        return [
            Hit(int(place), float(similarity))
            for place, similarity in zip(places[0], similarities[0], strict=True)
        ]
