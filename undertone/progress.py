"""Progress for people at a terminal, and for logs that nobody animates."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

Item = TypeVar("Item")
LOG_EVERY_S = 2.0


def track(items: Iterable[Item], description: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items of a long job while showing how far it is.

    A terminal gets a progress bar with the time left; anything else gets a line like
    `hearing 400/2000` every two seconds and at the end.

    Args:
        items: what to go through.
        description: what is being done, as a present participle.
        total: how many there are, where `items` has no length.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import track as draw

        yield from draw(items, description, total=total, console=Console(stderr=True))
        return
    yield from _log(items, description, total)


def _log(items: Iterable[Item], description: str, total: int | None) -> Iterator[Item]:
    of = f"/{total}" if total is not None else ""
    said = time.monotonic()
    done = 0
    for done, item in enumerate(items, start=1):
        yield item
        if time.monotonic() - said > LOG_EVERY_S:
            said = time.monotonic()
            print(f"{description} {done}{of}", file=sys.stderr, flush=True)  # noqa: T201
    print(f"{description} {done}{of}", file=sys.stderr, flush=True)  # noqa: T201
