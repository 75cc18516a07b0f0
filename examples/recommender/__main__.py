"""What to listen to now, by words and mood: python -m examples.recommender --help."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from examples.common.retrieval import embedder_for
from examples.common.service import key
from examples.events.terminal import SERVICE, Url, command
from examples.recommender.blend import PARTS, Asked, Blend, Mood, Ranked
from examples.recommender.catalogue import CATALOGUE, Item, Items, load
from serving.client import Client
from undertone.abstention import UNKNOWN
from undertone.errors import UndertoneError

BAR = 2  # marks for a part that is worth 1
Words = Annotated[str, typer.Option(help="what the user typed")]
Spoken = Annotated[Path | None, typer.Option(help="what the user said")]
Liked = Annotated[list[str] | None, typer.Option(help="a title that they chose before")]
Asks = Annotated[bool, typer.Option(help="--no-mood asks the service for nothing")]


def main(
    words: Words = "",
    recording: Spoken = None,
    liked: Liked = None,
    mood: Asks = True,
    catalogue: Items = CATALOGUE,
    url: Url = SERVICE,
) -> None:
    """Rank a catalogue for one user."""
    book = load(catalogue)
    places = tuple(place_of(title, book.items) for title in liked or ())
    if mood and (words or recording):
        asked = hear(url, words, recording, places)
    elif recording:
        raise UndertoneError("Without mood nothing is listened to: write the words as --words.")
    else:
        asked = Asked(words, places)
    blend = Blend(book.items, book.weights, embedder_for([item.about for item in book.items]))
    Console().print(shown(blend.rank(asked), asked))


def hear(url: str, words: str, recording: Path | None, liked: tuple[int, ...]) -> Asked:
    """Ask the service for the words and the mood."""
    with Client(url, key=key()) as client:
        answer = client.predict(
            recording, words or None, role="viewer", purpose="entertainment", words=False
        )
    said = answer.transcript.text if answer.transcript else words
    told = answer.dimensions if answer.emotion != UNKNOWN else None
    return Asked(said, liked, Mood(told.valence, told.arousal) if told else None)


def place_of(title: str, items: tuple[Item, ...]) -> int:
    """Where an item stands in the catalogue.

    Raises:
        UndertoneError: there is none of that title.
    """
    titles = [item.title.lower() for item in items]
    if title.lower() not in titles:
        raise UndertoneError(f"{title!r} is no title of the catalogue.")
    return titles.index(title.lower())


def shown(ranking: list[Ranked], asked: Asked) -> Table:
    """The list, each score beside the parts that it is the sum of."""
    mood = "valence {:+.2f}, arousal {:+.2f}".format(*asked.mood) if asked.mood else "not known"
    table = Table(
        title=f"{asked.words or 'no words'} (mood: {mood})", title_justify="left", box=SIMPLE_HEAD
    )
    table.add_column("", justify="right")
    table.add_column("title")
    table.add_column("score", justify="right")
    for part in PARTS:
        table.add_column(part)
    for place, one in enumerate(ranking, start=1):
        bars = [f"{worth:5.2f} {'█' * round(BAR * worth)}" for worth in one.by_part.values()]
        table.add_row(str(place), one.item.title, f"{one.score:.2f}", *bars)
    return table


if __name__ == "__main__":
    command(lambda: typer.run(main))
