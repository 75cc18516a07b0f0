"""What the agent sees during a call, in a terminal."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from examples.contact_centre.mood import Alert, Moment
from examples.contact_centre.replies import Reply
from examples.events.terminal import STYLES
from serving.streaming.messages import Refused


class Desk:
    """Prints a call as it goes on.

    Args:
        console: where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def so_far(self, at: float, emotion: str) -> None:
        """Show the emotion of an utterance that is being spoken, until the next line."""
        if self._console.is_terminal:
            self._console.print(f"{at:6.1f} s  … {emotion}", style="dim", end="\r")

    def missed(self, refused: Refused) -> None:
        """Show that an utterance has no answer."""
        self._console.print(f"{refused.start or 0:6.1f} s  {refused.error.message}", style="red")

    def show(self, moment: Moment, alert: Alert | None, reply: Reply) -> None:
        """Show an utterance, the call for a supervisor and the reply that is proposed."""
        line = Text(f"{moment.end:6.1f} s  ", "dim")
        line.append(f"{moment.emotion:<10}", STYLES.get(moment.emotion, ""))
        line.append(f"{moment.valence:+.2f}  ", "dim").append(moment.text)
        self._console.print(line)
        if alert:
            self._indented(Text(f"▲ Supervisor, please: {alert.reason}", "bold white on red"))
        self._indented(Text.assemble("↳ ", reply.text, (f"  [{reply.source}]", "dim")))
        if reply.problem:
            self._indented(Text(reply.problem, "dim red"))

    def _indented(self, text: Text) -> None:
        self._console.print(Padding(text, (0, 0, 0, 10)))
