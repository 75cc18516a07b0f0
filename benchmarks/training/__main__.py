"""How fast models are trained; written to docs/benchmarks.md.

`python -m benchmarks.training speed [--device cuda]` measures profiles and settings, and what it
found stands in docs/benchmarks/training-DEVICE-PROFILES.json. `streaming --corpus FOLDER` measures
what reading recordings costs, and what it found stands in docs/benchmarks/training-streaming.json.
"""

import sys
from collections.abc import Sequence

from benchmarks.asking import asked
from benchmarks.training import speed, streaming
from undertone.errors import UndertoneError

PARTS = {"speed": speed, "streaming": streaming}


def main(arguments: Sequence[str] | None = None) -> None:
    """Do one part."""
    given, command = asked("benchmarks.training", __doc__, PARTS, arguments)
    PARTS[given.part].run(given, command)


if __name__ == "__main__":
    try:
        main()
    except UndertoneError as error:
        sys.exit(f"error: {error}")
