"""What the service does again and again beside its requests."""

import threading
from collections.abc import Callable


class Repeating:
    """Work that a thread of its own does at once and then after each pause, until it is stopped.

    Args:
        name: of the thread.
        work: is done each time; it must deal with its own errors.
        pause_s: from one time to the next.
    """

    def __init__(self, name: str, work: Callable[[], None], pause_s: float) -> None:
        self._work = work
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being done, and begin it no more."""
        self._stop.set()
        self._thread.join()

    def _repeat(self) -> None:
        while not self._stop.is_set():
            self._work()
            self._stop.wait(self._pause_s)
