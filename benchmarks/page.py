"""docs/benchmarks.md, made from the records in docs/benchmarks/: `python -m benchmarks.page`."""

from pathlib import Path

from benchmarks.accuracy.record import read_rows
from benchmarks.accuracy.render import accuracy
from benchmarks.parts import Part, read_parts
from benchmarks.sections import LOOP, SPEED, TRAINING, section
from undertone.files import write_json, write_text

FOLDER = Path("docs/benchmarks")
HEAD = """\
Made from the records in `docs/benchmarks/` by `python -m benchmarks.page`, as every benchmark does
at its end. Each result names the command that makes it.
"""


def write_page(folder: Path = FOLDER) -> None:
    """Write the page beside the folder of its records."""
    parts = [
        HEAD,
        accuracy(read_rows(folder), folder),
        section(SPEED, read_parts(folder, "serving")),
        section(TRAINING, read_parts(folder, "training")),
        section(LOOP, read_parts(folder, "loop")),
    ]
    write_text(folder.with_suffix(".md"), "\n".join(parts))


def publish(benchmark: str, part: Part) -> None:
    """Record what a part of a benchmark found, and write the page anew."""
    write_json(FOLDER / f"{benchmark}-{part.name}.json", part.model_dump(mode="json"))
    write_page()


if __name__ == "__main__":
    write_page()
