"""How long each stage of an answer took."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Timings(dict[str, float]):
    """Milliseconds by stage. Of a stage that utterances shared, each has the whole."""

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the time that the block takes."""
        started = perf_counter()
        yield
        self[stage] = round(self.get(stage, 0.0) + 1000 * (perf_counter() - started), 3)
