"""Sentences of a plain sentiment, to give along with recordings that do not say them."""

from collections.abc import Sequence

SENTIMENTS = ("positive", "negative", "neutral")

SENTENCES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "positive": (
            "What a wonderful day this has been.",
            "I am so glad that you came.",
            "This is the best news in years.",
            "I love how it turned out.",
        ),
        "negative": (
            "What a terrible day this has been.",
            "I am so sorry that it broke.",
            "This is the worst news in years.",
            "I hate how it turned out.",
        ),
        "neutral": (
            "The train leaves at ten past four.",
            "The keys are in the second drawer.",
            "The meeting is in the other room.",
            "The paper lies next to the printer.",
        ),
    },
    "de": {
        "positive": (
            "Was für ein wunderbarer Tag das war.",
            "Ich bin so froh, dass du gekommen bist.",
            "Das ist die beste Nachricht seit Jahren.",
            "Ich liebe, was daraus geworden ist.",
        ),
        "negative": (
            "Was für ein schrecklicher Tag das war.",
            "Es tut mir so leid, dass es zerbrochen ist.",
            "Das ist die schlimmste Nachricht seit Jahren.",
            "Ich hasse, was daraus geworden ist.",
        ),
        "neutral": (
            "Der Zug fährt um zehn nach vier.",
            "Die Schlüssel sind in der zweiten Schublade.",
            "Die Besprechung ist im anderen Raum.",
            "Das Papier liegt neben dem Drucker.",
        ),
    },
}


def told(sentiment: str, languages: Sequence[str]) -> list[str]:
    """A sentence of a sentiment for each utterance, in turn.

    Args:
        sentiment: one of `SENTIMENTS`.
        languages: of the utterances; English stands in for those without sentences here.
    """
    known = [SENTENCES.get(language, SENTENCES["en"])[sentiment] for language in languages]
    return [choice[place % len(choice)] for place, choice in enumerate(known)]
