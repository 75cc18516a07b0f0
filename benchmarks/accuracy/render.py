"""The page of all rows, made from their records, and a picture of each."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten

from benchmarks.accuracy.anchors import ANCHORS, GOALS
from benchmarks.accuracy.record import Record, Row
from undertone.evaluation.plots import BLUE, INK, PALE, figure, tidy

HEAD = """# Accuracy

Made by `python -m benchmarks.accuracy`. Intervals are 95 % bootstrap intervals over what the table
names. UAR is over the test predictions of all turns together. No test speaker trains, standardises,
stops a training or chooses a setting; peers go through the very turns of ours, and have their
regularisation chosen by the same validation speakers. CPU seconds are of all turns and seeds, after
the encoder has heard the corpus once. Published figures were measured by others on other hardware,
and some of them on other folds.
"""
REPORTS = """## behaviour

What `undertone stress` finds of profile `base` on the test speakers of a corpus's own split: copies
of the `behaviour.txt` and `behaviour.png` that these commands write.

    undertone corpora ingest --profile base --corpus NAME=DIR --out corpus
    undertone corpora hear corpus --profile base --out heard
    undertone train corpus heard --profile base --out bundle
    undertone evaluate --bundle bundle --folder corpus --heard heard --out evaluation
    undertone stress --bundle bundle --folder corpus --heard heard --out evaluation
"""
COLUMNS = "| system | protocol | metric | score | parameters trained | CPU s | peak MB | seeds |"
RULE = "|---|---|---|---|---:|---:|---:|---|"


def accuracy(rows: Sequence[Row], pictures: Path) -> str:
    """The part of the page about accuracy.

    Args:
        rows: what was measured.
        pictures: a folder beside the page, for their pictures.
    """
    parts = [HEAD]
    for row in rows:
        draw(row, pictures / f"{row.name}.png")
        shown = [f"{pictures.name}/{row.name}.png"]
        if any(record.curve for record in row.records):
            draw_curves(row, pictures / f"{row.name}-curves.png")
            shown.append(f"{pictures.name}/{row.name}-curves.png")
        parts.append(section(row, shown))
    return "\n".join([*parts, *_behaviour(pictures)])


def _behaviour(folder: Path) -> list[str]:
    """The reports of the behavioural suite that a folder holds as `behaviour-CORPUS.txt`."""
    reports = sorted(folder.glob("behaviour-*.txt"))
    told = [
        f"[{report.stem}]({folder.name}/{report.name}): {_verdict(report)}\n\n"
        f"![{report.stem}]({folder.name}/{report.stem}.png)\n"
        for report in reports
    ]
    return [REPORTS, *told] if reports else []


def _verdict(report: Path) -> str:
    """What was tested, and what passed: the first two lines that are not empty."""
    lines = filter(None, report.read_text(encoding="utf-8").splitlines())
    return f"{next(lines)}. {next(lines)}"


def section(row: Row, pictures: Sequence[str]) -> str:
    """The part of the page that tells of a row."""
    first = row.records[0]
    hashes = dict.fromkeys(record.split_hash for record in row.records)
    told = ", ".join(f"`{split[:16]}`" for split in hashes)
    goal = [f"To reach: {GOALS[row.name]}."] if row.name in GOALS else []
    return "\n".join(
        [
            f"## {row.name}",
            "",
            *goal,
            f"{first.utterances} utterances of {first.corpus}; intervals over {first.resampled}; "
            f"split {told}.",
            "",
            COLUMNS,
            RULE,
            *map(_line, row.records),
            *(
                f"| *{anchor.system}* ({anchor.source}) | | | *{anchor.value}, published* | | | | |"
                for anchor in ANCHORS.get(row.name, ())
            ),
            "",
            *_differences(row.records),
            *_remarks(row.records),
            *(f"![{row.name}]({picture})\n" for picture in pictures),
            f"    {row.command}",
            "",
            f"Measured on {row.machine}.",
            "",
        ]
    )


def draw(row: Row, file: Path) -> None:
    """A bar for each record, with its interval."""
    records = row.records[::-1]
    values = [record.score.value for record in records]
    below = [record.score.value - record.score.low for record in records]
    above = [record.score.high - record.score.value for record in records]
    first = row.records[0]
    note = f"{first.corpus}, split {first.split_hash[:12]}, 95 % intervals over {first.resampled}"
    title = f"{row.name}: {first.metric}"
    with figure(file, (8.4, 1.5 + 0.42 * len(records)), title, note) as drawn:
        axes = drawn.add_subplot()
        colours = [BLUE if record.ours else PALE for record in records]
        axes.barh(range(len(records)), values, xerr=[below, above], color=colours, ecolor=INK)
        for place, record in enumerate(records):
            colour = "white" if record.ours else INK
            axes.annotate(f"{record.score.value:.3f}", (0.01, place), va="center", color=colour)
        axes.set_yticks(range(len(records)), [_name(record) for record in records])
        axes.set(xlim=(0, 1), xlabel=first.metric)
        tidy(axes)


def draw_curves(row: Row, file: Path) -> None:
    """Validation scores of each record that learnt epoch by epoch."""
    learnt = [record for record in row.records if record.curve]
    metric = learnt[0].metric
    key = f"validation_{metric.lower().replace(' ', '_')}"
    note = "validation speakers or utterances; a mean where there are several turns or seeds"
    with figure(file, (8.4, 4.4), f"{row.name}: learning curves", note) as drawn:
        axes = drawn.add_subplot()
        for record in learnt:
            scores = [epoch[key] for epoch in record.curve]
            told = shorten(f"{_name(record)} {record.seeds}", 70)
            axes.plot(range(1, len(scores) + 1), scores, "o-", ms=3, lw=1.4, label=told)
        axes.set(xlabel="epoch, all stages one after the other", ylabel=metric)
        axes.locator_params(axis="x", integer=True)
        axes.legend(frameon=False, labelcolor=INK, fontsize=8)
        tidy(axes)


def _name(record: Record) -> str:
    _, _, part = record.protocol.partition(", ")
    return f"{record.system}\n{part}" if part else record.system


def _line(record: Record) -> str:
    system = f"**{record.system}**" if record.ours else record.system
    figures = (record.trained_parameters, record.cpu_seconds, record.peak_memory_mb)
    costs = ["" if figure is None else f"{figure:,.0f}" for figure in figures]
    cells = [system, record.protocol, record.metric, str(record.score), *costs]
    return f"| {' | '.join(cells)} | {', '.join(map(str, record.seeds))} |"


def _differences(records: Sequence[Record]) -> list[str]:
    lines = [
        f"- {_name(record).replace(chr(10), ', ')} less {other.than}: "
        f"{other.difference.value:+.3f} [{other.difference.low:+.3f}, {other.difference.high:+.3f}]"
        for record in records
        for other in record.beside
    ]
    return [*lines, ""] if lines else []


def _remarks(records: Sequence[Record]) -> list[str]:
    told = dict.fromkeys(
        [
            *(f"{record.system}: {record.note}" for record in records if record.note),
            *(
                f"Settings of {record.system}: `{' '.join(record.settings)}`"
                for record in records
                if record.settings
            ),
        ]
    )
    return [*(f"- {line}" for line in told), ""] if told else []
