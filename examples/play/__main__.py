"""A game that answers its players' moods: python -m examples.play ANN.wav BEN.wav."""

import asyncio
from pathlib import Path

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from examples.events.engine import Change
from examples.events.facts import Facts
from examples.events.live import follow
from examples.events.rules import Scene, load
from examples.events.terminal import SERVICE, Board, Pace, Rules, Url, command, told

RULES = Path(__file__).with_name("rules.yaml")


def main(
    recordings: list[Path], url: Url = SERVICE, rules: Rules = RULES, pace: Pace = 1.0
) -> None:
    """Let each player have a world of their own; a recording's name is its player's."""
    book = load(rules)
    worlds = {recording.stem: dict(book.otherwise) for recording in recordings}

    async def play(recording: Path) -> None:
        board = Board(recording.stem)

        async def see(facts: Facts, change: Change | None) -> None:
            await board.see(facts, change)
            worlds[recording.stem].update(change.scene if change else {})

        await follow(url, book, recording, see, pace=pace)

    async def together() -> None:
        await asyncio.gather(*map(play, recordings))

    asyncio.run(together())
    Console().print(standing(worlds))


def standing(worlds: dict[str, Scene]) -> Table:
    """How each player's world is set when the game ends."""
    table = Table("player", "world", title="at the end", title_justify="left", box=SIMPLE_HEAD)
    for player, world in worlds.items():
        table.add_row(player, told(world))
    return table


if __name__ == "__main__":
    command(lambda: typer.run(main))
