"""What the small examples print: a line for each utterance, and one for each new scene."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from examples.events.engine import Change
from examples.events.facts import Facts
from examples.events.rules import Scene
from undertone.errors import UndertoneError

Url = Annotated[str, typer.Option(envvar="UNDERTONE_URL", help="where the service listens")]
Rules = Annotated[Path, typer.Option(help="YAML; see examples/events/README.md")]
Pace = Annotated[float, typer.Option(min=0.1, help="times as fast as spoken; a microphone: inf")]
SERVICE = "http://127.0.0.1:3000"
STYLES = {
    "anger": "bold red",
    "boredom": "yellow",
    "calm": "cyan",
    "disgust": "green",
    "fear": "magenta",
    "happiness": "bold green",
    "sadness": "blue",
    "surprise": "bold cyan",
}


class Board:
    """Prints what is heard and what it changes.

    Args:
        who: stands before each line, where there are several speakers.
    """

    def __init__(self, who: str = "") -> None:
        self._who = f"{who:<8}" if who else ""
        self._console = Console(highlight=False)

    async def see(self, facts: Facts, change: Change | None) -> None:
        """Print an utterance that ended, and a scene that begins."""
        if facts.ended:
            self._console.print(self._heard(facts))
        if change:
            self._console.print(self._begun(change))

    def _heard(self, facts: Facts) -> Text:
        line = Text.assemble(self._who, f"{facts.at:6.1f} s  ")
        line.append(f"{facts.emotion:<10}", STYLES.get(facts.emotion, "dim"))
        line.append(f"valence {facts.valence:+.2f}  arousal {facts.arousal:+.2f}  ", "dim")
        return line.append(facts.text)

    def _begun(self, change: Change) -> Text:
        line = Text.assemble(self._who, f"{change.at:6.1f} s  ")
        return line.append(f"→ {change.rule}: ", "bold").append(told(change.scene))


def told(scene: Scene) -> str:
    """A scene in one line."""
    return ", ".join(f"{name} {value}" for name, value in scene.items())


def command(main: Callable[[], object]) -> None:
    """Run a command; a mistake that its user can mend is one line, without a traceback."""
    try:
        main()
    except (UndertoneError, OSError) as error:
        sys.exit(f"error: {error}")
