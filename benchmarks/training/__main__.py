"""How fast models are trained; written to docs/benchmarks.md.

`python -m benchmarks.training speed [--device cuda]` measures profiles and settings, and what it
found stands in docs/benchmarks/training-DEVICE-PROFILES.json.
"""

import argparse
import sys
from collections.abc import Sequence

from benchmarks.training import speed
from undertone.errors import UndertoneError

PARTS = {"speed": speed}


def main(arguments: Sequence[str] | None = None) -> None:
    """Do one part."""
    parser = argparse.ArgumentParser(
        "benchmarks.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = parser.add_subparsers(dest="part", required=True)
    for name, module in PARTS.items():
        module.add_options(parts.add_parser(name, help=module.__doc__))
    told = list(sys.argv[1:] if arguments is None else arguments)
    given = parser.parse_args(told)
    PARTS[given.part].run(given, " ".join(["python -m benchmarks.training", *told]))


if __name__ == "__main__":
    try:
        main()
    except UndertoneError as error:
        sys.exit(f"error: {error}")
