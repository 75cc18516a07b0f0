"""Where the command line writes: results to `out`, everything else to `err`."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

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


class Spinner:
    """A spinner on the running task of a pipeline, and a line for each that ended."""

    def __init__(self, title: str) -> None:
        self._status = err.status(title)
        self._task = ""

    def task(self, name: str) -> None:
        """Show which task runs."""
        self._task = name
        self._status.update(name)

    def progress(self, said: str) -> None:
        """Show how far the task is."""
        self._status.update(f"{self._task}: {said}")

    def ended(self, name: str, state: str, seconds: float) -> None:
        """Print a line on a task that ended, with a tick if it succeeded."""
        mark = {"SUCCEEDED": "[green]✓[/]", "FAILED": "[red]✗[/]"}.get(state, "[dim]-[/]")
        err.print(f"  {mark} {name:<18} [dim]{seconds:5.1f} s[/]")

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()


class Ticks(Spinner):
    """A spinner on a pipeline that runs here, one task after the other."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._since = time.monotonic()

    def task(self, name: str) -> None:
        """A task starts; the one before it is done."""
        self._tick()
        self._since = time.monotonic()
        super().task(name)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is None:
            self._tick()

    def _tick(self) -> None:
        if self._task:
            self.ended(self._task, "SUCCEEDED", time.monotonic() - self._since)
