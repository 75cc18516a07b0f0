"""All rows of the accuracy table, or some: measured here, written to docs/benchmarks.md.

`python -m benchmarks.accuracy ROW... [--emodb DIR] [--ravdess DIR] [--meld DIR]
[--goemotions DIR] [--seeds N] [--work FOLDER]`.

A row is measured by itself, and its records stand in docs/benchmarks/ROW.json. The working folder
keeps corpora, what was heard and evaluations; a run that broke off goes on where it was.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.accuracy import acoustic, engines, generated, others, tuning
from benchmarks.accuracy.corpora import Setup
from benchmarks.accuracy.record import Record, Row
from benchmarks.machine import Machine
from benchmarks.page import FOLDER, write_page
from undertone.errors import UndertoneError

FIRST_SEED = 17
CORPORA = ("emodb", "ravdess", "meld", "goemotions")
NEEDS = {
    "cross-corpus": ("emodb", "ravdess"),
    "generated": (),
}
NEEDS |= dict.fromkeys(("tuning", "ablations", "timeline", "labelling", "engines"), ("emodb",))
ROWS: dict[str, Callable[[Setup], list[Record]]] = {
    **{name: partial(acoustic.run, name) for name in acoustic.ROWS},
    "generated": generated.run,
    "meld": partial(others.texts, "meld"),
    "goemotions": partial(others.texts, "goemotions"),
    "timeline": others.segments,
    "labelling": others.labels,
    "tuning": partial(tuning.run, "tuning", tuning.MODES),
    "ablations": partial(tuning.run, "ablations", tuning.ABLATIONS),
    "engines": engines.run,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the rows that are asked for, and write the page."""
    parser = _parser()
    given = parser.parse_args(arguments)
    sources = {name: Path(folder) for name in CORPORA if (folder := getattr(given, name))}
    if problem := _problem(given, sources):
        parser.error(problem)
    seeds = tuple(range(FIRST_SEED, FIRST_SEED + given.seeds))
    setup = Setup(sources, given.work, seeds, tuple(given.set))
    for name in given.rows:
        command, machine, records = _command(name, given), Machine.here(), ROWS[name](setup)
        Row(name=name, command=command, machine=machine, records=records).write(given.out)
    write_page(given.out)


def _problem(given: argparse.Namespace, sources: dict[str, Path]) -> str | None:
    for name in given.rows:
        if name not in ROWS:
            return f"there is no row '{name}'. Rows: {', '.join(ROWS)}."
        for need in NEEDS.get(name, (name,)):
            if need not in sources:
                return f"{name} needs --{need}, the folder of that corpus."
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "benchmarks.accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("rows", nargs="+", metavar="ROW", help=", ".join(ROWS))
    for name in CORPORA:
        parser.add_argument(f"--{name}", metavar="DIR")
    parser.add_argument("--seeds", type=int, default=3, help="how many (3)")
    parser.add_argument("--set", action="append", default=[], help="section.key=value, for ours")
    parser.add_argument("--work", type=Path, default=Path("outputs/accuracy"))
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of records")
    return parser


def _command(name: str, given: argparse.Namespace) -> str:
    """The command of one row, its folders by their placeholders."""
    folders = [f"--{need} DIR" for need in NEEDS.get(name, (name,))]
    settings = [f"--set {shlex.quote(each)}" for each in given.set]
    threads = os.environ.get("OMP_NUM_THREADS")
    before = [f"OMP_NUM_THREADS={threads}"] if threads else []
    parts = [*before, "python -m benchmarks.accuracy", name, *folders, f"--seeds {given.seeds}"]
    return " ".join([*parts, *settings])


if __name__ == "__main__":
    try:
        main()
    except UndertoneError as error:
        sys.exit(f"error: {error}")
