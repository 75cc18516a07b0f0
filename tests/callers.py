"""Callers that ask without a pause until nobody listens any more."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx


class Callers:
    """Several at once; each request connects anew.

    Attributes:
        outcomes: how often each status came, each error, and a refused connection.
    """

    def __init__(self, number: int, call: Callable[[], httpx.Response]) -> None:
        self.outcomes: Counter[Any] = Counter()
        self._call = call
        self._threads = [threading.Thread(target=self._go_on) for _ in range(number)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until all of them have given up."""
        for thread in self._threads:
            thread.join()

    def _go_on(self) -> None:
        while True:
            try:
                self.outcomes[self._call().status_code] += 1
            except httpx.ConnectError:
                self.outcomes["refused"] += 1
                return
            except httpx.HTTPError as error:
                self.outcomes[repr(error)] += 1
                return
