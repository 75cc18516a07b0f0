"""A learner's frustration, shown to the learner alone: python -m examples.lessons RECORDING."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from examples.events.live import follow
from examples.events.rules import load
from examples.events.terminal import SERVICE, Board, Pace, Rules, Url, command
from undertone.use import Purpose, Role

RULES = Path(__file__).with_name("rules.yaml")
Asked = Annotated[bool, typer.Option(help="declare what a school would; the service refuses")]


def main(
    recording: Path,
    url: Url = SERVICE,
    rules: Rules = RULES,
    for_school: Asked = False,
    pace: Pace = 1.0,
) -> None:
    """Answer a learner's mood on their own screen; no name and no pseudonym is sent."""
    book = load(rules)
    if for_school:
        book = book.model_copy(update={"role": Role.PUPIL, "purpose": Purpose.EDUCATION})
    asyncio.run(follow(url, book, recording, Board().see, pace=pace))


if __name__ == "__main__":
    command(lambda: typer.run(main))
