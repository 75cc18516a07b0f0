"""Light and music by the mood in the room: python -m examples.home RECORDING."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import httpx
import typer

from examples.events.engine import Change
from examples.events.facts import Facts
from examples.events.live import follow
from examples.events.rules import load
from examples.events.terminal import SERVICE, Board, Pace, Rules, Url, command

RULES = Path(__file__).with_name("rules.yaml")
Hook = Annotated[
    str, typer.Option(envvar="HOME_HUB", help="address that each scene is posted to as JSON")
]


def main(
    recording: Path, url: Url = SERVICE, rules: Rules = RULES, post: Hook = "", pace: Pace = 1.0
) -> None:
    """Change the scene of a room by what is felt in it."""
    board = Board()

    async def see(facts: Facts, change: Change | None) -> None:
        await board.see(facts, change)
        if change and post:
            await send(post, change)

    asyncio.run(follow(url, load(rules), recording, see, pace=pace))


async def send(hook: str, change: Change) -> None:
    """Tell a home's hub of a scene; where it does not take it, the room is still listened to."""
    body = {"scene": change.rule, **change.scene}
    try:
        async with httpx.AsyncClient(timeout=5) as http:
            (await http.post(hook, json=body)).raise_for_status()
    except httpx.HTTPError as error:
        print(f"{hook} did not take '{change.rule}': {error}", file=sys.stderr)


if __name__ == "__main__":
    command(lambda: typer.run(main))
