"""Under which licence the data and weights stand that a model is made from, as far as is known."""

UNKNOWN = "unknown"

CORPORA = {
    "emodb": "CC0, as stated where it was taken from",
    "ravdess": "CC BY-NC-SA 4.0 (no commercial use)",
    "meld": "GPL-3.0 for the repository; dialogues of a television series, for research",
    "goemotions": "CC BY 4.0",
    "generated": "made by this project",
}
WEIGHTS = {
    "openai/whisper-": "MIT",
    "whisper-demo": "made by this project",
    "sentence-transformers/all-MiniLM-": "Apache-2.0",
    "scratch": "trained from scratch",
}


def licence_of_corpus(name: str) -> str:
    """The licence of a corpus, by the name its adapter gives it."""
    return CORPORA.get(name, UNKNOWN)


def licence_of_weights(name: str) -> str:
    """The licence of pretrained weights, by their name on the Hugging Face hub."""
    known = [licence for start, licence in WEIGHTS.items() if name.startswith(start)]
    return known[0] if known else UNKNOWN
