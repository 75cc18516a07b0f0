"""What the words of face classifiers mean in ours."""

from collections.abc import Sequence

from undertone.errors import ModelError

FER2013 = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
MEANINGS = {
    "anger": ("anger", "angry", "an"),
    "disgust": ("disgust", "disgusted", "di"),
    "fear": ("fear", "fearful", "afraid", "scared", "fe"),
    "happiness": ("happiness", "happy", "joy", "ha"),
    "neutral": ("neutral", "neutrality", "ne"),
    "sadness": ("sadness", "sad", "sa"),
    "surprise": ("surprise", "surprised", "su"),
}
LOOKS_LIKE = {"calm": "neutral"}  # an emotion whose face no classifier tells from another's


def our_words(labels: Sequence[str]) -> tuple[str | None, ...]:
    """Our emotion for each label of a face classifier, none where we have no such emotion.

    The words are those of FER2013 (Goodfellow et al. 2013, arXiv 1307.0414), AffectNet, RAF-DB
    and JAFFE, in any case. What else a classifier tells, such as contempt, is left out.

    Raises:
        ModelError: fewer than two of them are emotions: it is no classifier of faces.
    """
    emotion_of = {word: emotion for emotion, words in MEANINGS.items() for word in words}
    found = tuple(emotion_of.get(label.strip().lower()) for label in labels)
    if len(set(found) - {None}) < 2:
        raise ModelError(
            f"The face classifier tells {', '.join(labels[:8])}: these are no emotions. Name one "
            "whose config.json has emotions in id2label."
        )
    return found


def in_our_words(shares: Sequence[float], emotions: Sequence[str | None]) -> dict[str, float]:
    """Shares of a classifier's labels as a distribution over our emotions, the rest left out."""
    total = sum(share for share, emotion in zip(shares, emotions, strict=True) if emotion)
    distribution: dict[str, float] = {}
    for share, emotion in zip(shares, emotions, strict=True):
        if emotion:
            distribution[emotion] = distribution.get(emotion, 0.0) + share / total
    return distribution
