"""The loop that learns, beside what a user would pick instead; written to docs/benchmarks.md.

`python -m benchmarks.loop PART [OPTIONS]`; `python -m benchmarks.loop PART --help` tells them. What
a part found stands in docs/benchmarks/loop-PART.json.
"""

import os
import sys
from collections.abc import Sequence

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.asking import asked
from benchmarks.loop import adapters, continual, drift, windows
from benchmarks.machine import Machine
from benchmarks.page import publish
from benchmarks.parts import Part
from undertone.errors import UndertoneError

PARTS = {"drift": drift, "windows": windows, "continual": continual, "adapters": adapters}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one part, and write the page."""
    given, command = asked("benchmarks.loop", __doc__, PARTS, arguments)
    found = PARTS[given.part].measure(given)
    part = Part(
        name="-".join(filter(None, [given.part, found.of])),
        command=command,
        machine=Machine.here(),
        figures=found.figures,
        table=found.table,
    )
    publish("loop", part)


if __name__ == "__main__":
    try:
        main()
    except UndertoneError as error:
        sys.exit(f"error: {error}")
