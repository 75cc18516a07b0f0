"""What is said: short English sentences whose words hint at the emotion, or do not, or mislead."""

from string import Formatter

import numpy as np

_WORDS = {
    "thing": "parcel bicycle invoice camera jacket mirror ladder candle suitcase blanket umbrella "
    "sofa printer carpet lamp guitar bottle basket wallet helmet bucket folder drawer heater",
    "food": "soup milk cheese fish butter salad coffee bread",
    "person": "aunt cousin daughter son wife husband driver nurse pilot plumber student captain "
    "baker lawyer",
    "did": "packed borrowed repaired ordered returned carried washed sorted weighed measured "
    "collected delivered",
    "do": "pack borrow repair order return carry wash sort weigh measure collect deliver",
    "plain": "wooden plastic narrow yellow brown grey round square spare light empty folded",
    "number": "two three four five six seven eight nine",
}
_PHRASES = {
    "where": (
        "in the cellar",
        "on the shelf",
        "at the station",
        "near the gate",
        "in the attic",
        "behind the counter",
        "at the airport",
        "by the stairs",
        "in the hotel",
        "under the desk",
        "in the garage",
        "beside the lake",
    ),
    "when": (
        "this evening",
        "on tuesday",
        "on thursday",
        "at noon",
        "last month",
        "this week",
        "in april",
        "in october",
        "before breakfast",
        "after work",
        "at eight",
        "on sunday",
    ),
}
_SLOTS: dict[str, tuple[str, ...]] = {
    **{slot: tuple(words.split()) for slot, words in _WORDS.items()},
    **_PHRASES,
}

_MATTER_OF_FACT = (
    "the {thing} is {where}",
    "my {person} {did} the {thing} {when}",
    "they {did} {number} of them {when}",
    "you could {do} the {plain} {thing}",
    "his {person} will {do} it {when}",
    "her {thing} stands {where}",
    "the {plain} {thing} belongs to my {person}",
    "we usually {do} the {thing} {when}",
    "it takes {number} minutes to {do} it",
    "the {person} works {where} {when}",
    "put the {plain} {thing} {where}",
    "our {person} has {number} of these",
)
_UNWELCOME = (
    "so the {thing} is gone {when}",
    "my {person} never told me that",
    "who left the {thing} {where}",
    "i should not have come {where}",
    "now the {person} knows everything",
    "do not show me that {thing}",
    "it happened {where} {when}",
    "the {person} was here again",
)
_WELCOME = (
    "see what my {person} brought {when}",
    "they kept the {thing} for us",
    "my {person} is back {when}",
    "we won the {thing} {when}",
    "you found my {thing} {where}",
    "the {person} said yes {when}",
    "there are {number} more {where}",
    "come and see the {plain} {thing}",
)
_TELLING = {
    "anger": (
        "this {thing} is {judgement} and you know it",
        "i am {feeling} with the {person}",
        "how dare the {person} {do} my {thing}",
        "stop lying about the {thing}",
        "that {judgement} {person} {did} it wrong",
        "i am {feeling} and i want my money",
    ),
    "disgust": (
        "the {food} smells {judgement}",
        "there is {judgement} {food} {where}",
        "ugh the {thing} feels {judgement}",
        "throw that {judgement} {food} out",
        "i feel {feeling} from the {food}",
        "who would touch that {judgement} {thing}",
    ),
    "fear": (
        "i am {feeling} to go {where}",
        "please hide there is someone {where}",
        "run the {thing} is {judgement}",
        "we are {feeling} of the {person}",
        "it looks {judgement} {where} help us",
        "i hear {judgement} steps {where}",
    ),
    "happiness": (
        "i am so {feeling} with the {thing}",
        "what a {judgement} {thing} thank you",
        "we are {feeling} {when}",
        "my {person} is {judgement} i love it",
        "it was {judgement} {where}",
        "we laughed and felt {feeling}",
    ),
    "sadness": (
        "i feel {feeling} without my {person}",
        "i miss my {person} {when}",
        "it is {judgement} that the {person} died",
        "i cry {when} and feel {feeling}",
        "we are {feeling} the {thing} is lost",
        "such a {judgement} goodbye {where}",
    ),
    "surprise": (
        "wow {number} of them {where}",
        "i am {feeling} by the {thing}",
        "really your {person} {did} it",
        "what an {judgement} {thing}",
        "it is {judgement} that the {person} came",
        "oh i was {feeling} {when}",
    ),
}
_FEELINGS = {
    "anger": ("furious", "angry", "outraged"),
    "disgust": ("sick", "queasy", "nauseous"),
    "fear": ("afraid", "frightened", "terrified"),
    "happiness": ("happy", "thrilled", "delighted"),
    "sadness": ("sad", "lonely", "heartbroken"),
    "surprise": ("astonished", "amazed", "stunned"),
}
_JUDGEMENTS = {
    "anger": ("useless", "unfair", "dishonest", "rude"),
    "disgust": ("mouldy", "slimy", "foul", "revolting"),
    "fear": ("dangerous", "deadly", "strange", "dark"),
    "happiness": ("wonderful", "beautiful", "fantastic", "perfect"),
    "sadness": ("painful", "tragic", "bitter", "hopeless"),
    "surprise": ("unexpected", "incredible", "unbelievable", "extraordinary"),
}
_TONE = dict.fromkeys(("anger", "disgust", "fear", "sadness"), _UNWELCOME)
_TONE |= dict.fromkeys(("happiness", "surprise"), _WELCOME)

_KINDS = ("telling", "toned", "plain", "misleading")
_SHARES = {"neutral": (0.0, 0.12, 0.84, 0.04)}
_EMOTIONAL_SHARES = (0.44, 0.34, 0.18, 0.04)


def write(emotion: str, rng: np.random.Generator) -> str:
    """A sentence that somebody in this emotion may say, in lower case without punctuation.

    Two in five emotional sentences name the emotion, a third only its valence, a fifth nothing,
    and a few belong to another emotion altogether.
    """
    kind = str(rng.choice(_KINDS, p=_SHARES.get(emotion, _EMOTIONAL_SHARES)))
    if kind == "misleading":
        emotion, kind = str(rng.choice(sorted(set(_TELLING) - {emotion}))), "telling"
    if kind == "telling":
        return _fill(_TELLING[emotion], rng, emotion)
    if kind == "toned":
        return _fill(_TONE.get(emotion, _UNWELCOME + _WELCOME), rng)
    return _fill(_MATTER_OF_FACT, rng)


def _fill(templates: tuple[str, ...], rng: np.random.Generator, emotion: str = "") -> str:
    template = str(rng.choice(templates))
    named = {"feeling": _FEELINGS.get(emotion, ()), "judgement": _JUDGEMENTS.get(emotion, ())}
    slots = [slot for _, slot, _, _ in Formatter().parse(template) if slot]
    return template.format_map({slot: rng.choice({**_SLOTS, **named}[slot]) for slot in slots})
