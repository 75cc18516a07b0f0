"""A recorded stream to try the example on: two weeks of texts and one earnings call."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from examples.common.speaking import say
from examples.market_mood.items import Item
from undertone.audio import from_pcm16, wav
from undertone.files import write_text

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 14
A_DAY = 9  # of texts about each topic
SURGE = ("banks", timedelta(days=12), timedelta(days=14))
NEGATIVE = 0.2
SURGING = 0.8
VOICE = 3  # of the generated corpus
CALL = (
    ("we are heartbroken the invoice is lost", "sadness"),
    ("i am furious and i want my money", "anger"),
)
SUBJECTS = {
    "banks": "the bank and its loans|interest on my deposit|the mortgage lender",
    "energy": "the oil refinery|gas and power prices|the new wind farm",
    "chips": "the chip foundry|processor and wafer orders|the data centre",
}
TEXTS = {
    "positive": ("i am happy with {}", "what a wonderful week for {}", "i am amazed by {}"),
    "neutral": ("they report on {} at noon", "a new office for {}", "{} in numbers"),
    "negative": ("i am furious about {}", "investors are afraid of {}", "i am sad about {}"),
}


def write(folder: Path, seed: int = 17) -> Path:
    """Write `stream.jsonl`, and the clips that it names, into a folder.

    Args:
        folder: is created.
        seed: of what is drawn.

    Returns:
        The stream's file.
    """
    items = sorted([*_texts(random.Random(seed)), *_clips(folder)], key=lambda item: item.at)  # noqa: S311
    lines = [item.model_dump_json(exclude_none=True) + "\n" for item in items]
    write_text(folder / "stream.jsonl", "".join(lines))
    return folder / "stream.jsonl"


def _texts(rng: random.Random) -> Iterator[Item]:
    for number in range(DAYS * A_DAY):
        for topic in SUBJECTS:
            after = timedelta(days=number / A_DAY, minutes=rng.randrange(120))
            yield Item(id=f"{topic}-{number:04d}", at=START + after, text=_text(topic, after, rng))


def _text(topic: str, after: timedelta, rng: random.Random) -> str:
    surging, begins, ends = SURGE
    negative = SURGING if topic == surging and begins <= after < ends else NEGATIVE
    polarity = "negative" if rng.random() < negative else rng.choice(["positive", "neutral"])
    return rng.choice(TEXTS[polarity]).format(rng.choice(SUBJECTS[topic].split("|")))


def _clips(folder: Path) -> Iterator[Item]:
    """What was said in an earnings call during the surge."""
    folder.mkdir(parents=True, exist_ok=True)
    topic, begins, _ = SURGE
    for number, samples in enumerate(say(VOICE, CALL)):
        clip = Path(f"call-{number}.wav")
        (folder / clip).write_bytes(wav(from_pcm16(samples).samples))
        yield Item(
            id=f"call-{number}",
            at=START + begins + timedelta(hours=1, minutes=number),
            clip=clip,
            topic=topic,
            story="earnings call",
        )
