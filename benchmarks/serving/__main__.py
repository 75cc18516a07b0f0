"""Speed of answering, beside what a user would pick instead; written to docs/benchmarks.md.

`python -m benchmarks.serving PART CLIP... [--rounds N]`. A part is measured by itself, and what
it found stands in docs/benchmarks/serving-PART.json.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import gettempdir

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.machine import Machine
from benchmarks.page import publish
from benchmarks.parts import Figure, Part, Ratio
from benchmarks.serving import long, server, stack, streaming, tenants, words
from benchmarks.serving.whisper import build
from undertone.errors import UndertoneError

Found = tuple[list[Ratio], list[Figure]]
Measure = Callable[[Sequence[bytes], Path, int], Found]
WHISPER = Path(gettempdir()) / "whisper-tiny.en-timed"
PARTS: dict[str, Measure] = {
    "stack": stack.compare,
    "short": stack.short,
    "words": words.compare,
    "tenants": tenants.compare,
    "cost": stack.by_length,
    "server": server.load,
    "soak": server.soak,
    "stream": streaming.follow,
    "long": long.hear,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one part, and write the page."""
    parser = argparse.ArgumentParser(
        "benchmarks.serving",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("clips", nargs="*", type=Path, metavar="CLIP", help="recordings")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--whisper", type=Path, default=WHISPER, help="folder, made if not there")
    given = parser.parse_args(arguments)
    clips = [clip.read_bytes() for clip in given.clips]
    ratios, figures = PARTS[given.part](clips, build(given.whisper), given.rounds)
    part = Part(
        name=given.part,
        command=f"python -m benchmarks.serving {given.part} --rounds {given.rounds} "
        f"({len(clips)} recordings)",
        machine=Machine.here(),
        ratios=ratios,
        figures=figures,
    )
    publish("serving", part)


if __name__ == "__main__":
    try:
        main()
    except UndertoneError as error:
        sys.exit(f"error: {error}")
