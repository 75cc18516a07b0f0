"""The sections of the page that are made of parts."""

from collections.abc import Sequence

from benchmarks.parts import Part, Ratio

SPEED = """# Speed

Made by `python -m benchmarks.serving`. All sides run in one process on one thread, turn about; a
ratio is the median over the rounds, with the lowest and the highest. Times are processor time, so
that other work on the machine counts little. The stack by hand is faster-whisper tiny (int8,
greedy), wav2vec 2.0 base and BERT base through the pipelines of transformers; where real weights
are not to be had, they are by chance, which changes what is said and not how long it takes.
"""

TRAINING = """# Training

Made by `python -m benchmarks.training`: utterances a second and the most memory of a case, turn
about with a plain loop of PyTorch's over the same model and batches. Clips last 5 seconds on
average; the heads train on what was heard before. A GPU's peak is that of its allocator. Part
`streaming` reads real recordings, in ingested corpus folders, from files and from shards.
"""

LOOP = """# The loop

Made by `python -m benchmarks.loop`: the drift gate beside what is usual, what a large window costs,
ways of learning on, and adapters from few clips of one's own. The adapters' epochs and learning
rate were settled on eight of RAVDESS's twelve actors here, which flatters their scores there.
"""


def section(head: str, parts: Sequence[Part]) -> str:
    """What the parts found."""
    return "\n".join([head, *map(_part, parts)])


def _part(part: Part) -> str:
    table = ["| ratio | median | lowest to highest | pledge |", "|---|---:|---|---:|"]
    figures = [f"- {figure.name}: {figure.value}{_told(figure.note)}" for figure in part.figures]
    notes = [f"- {ratio.name}: {ratio.note}" for ratio in part.ratios if ratio.note]
    return "\n".join(
        [
            f"## {part.name}",
            "",
            *([*table, *map(_row, part.ratios), ""] if part.ratios else []),
            *_table(part.table),
            *figures,
            *notes,
            "",
            f"    {part.command}",
            "",
            f"Measured on {part.machine}.",
            "",
        ]
    )


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [lines[0], f"|---{'|---:' * (len(rows[0]) - 1)}|", *lines[1:], ""]


def _row(ratio: Ratio) -> str:
    pledge = ""
    if ratio.pledge is not None:
        pledge = f"{'≤' if ratio.at_most else '≥'} {ratio.pledge:g}"
    return f"| {ratio.name} | {ratio.value:.3g} | {ratio.low:.3g} to {ratio.high:.3g} | {pledge} |"


def _told(note: str) -> str:
    return f" ({note})" if note else ""
