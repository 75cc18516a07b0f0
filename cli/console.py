"""Where the command line writes: results to `out`, everything else to `err`."""

import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.table import Table

out = Console()
err = Console(stderr=True)


def table_of(*columns: str) -> "Table":
    """An empty table whose last column wraps; the others, tags and dates, stay whole."""
    from rich.table import Column, Table

    *whole, last = columns
    return Table(*(Column(name, no_wrap=True) for name in whole), Column(last, overflow="fold"))


class Ticks:
    """A spinner on the running task of a pipeline, and a tick with the seconds of each done one."""

    def __init__(self, title: str) -> None:
        self._status = err.status(title)
        self._task = ""
        self._since = time.monotonic()

    def task(self, name: str) -> None:
        """A task starts; the one before it is done."""
        self._tick()
        self._task = name
        self._since = time.monotonic()
        self._status.update(name)

    def progress(self, said: str) -> None:
        """Show how far the task is."""
        self._status.update(f"{self._task}: {said}")

    def __enter__(self) -> "Ticks":
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()
        if kind is None:
            self._tick()

    def _tick(self) -> None:
        if self._task:
            seconds = time.monotonic() - self._since
            err.print(f"  [green]✓[/] {self._task:<18} [dim]{seconds:5.1f} s[/]")
