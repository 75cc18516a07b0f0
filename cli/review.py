"""`undertone review`: predictions that a person should look at, here or in Label Studio."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.console import err, out, table_of
from cli.options import By

app = typer.Typer(help="Look at doubtful predictions, and answer them.", no_args_is_help=True)
Days = Annotated[float, typer.Option(min=0, help="How far to look back.")]
Count = Annotated[int, typer.Option(min=1, help="How many, the newest first.")]


@app.command("list")
def list_(days: Days = 7, count: Count = 20) -> None:
    """List what waits, newest first."""
    from monitoring.store import Store

    table = table_of("prediction", "when", "answer, doubt, words")
    for row, reason in Store().review_queue(_since(days), count):
        told = f"{row.emotion} {row.confidence:.2f}: {reason}. {row.text or ''}"
        table.add_row(row.id, f"{row.created_at:%F %H:%M}", told)
    out.print(table)


@app.command()
def answer(
    prediction: Annotated[str, typer.Argument(help="Its id.")],
    emotion: Annotated[str, typer.Argument(help="What it was.")],
    by: By,
) -> None:
    """Say what the emotion of a prediction was."""
    from monitoring.store import Store
    from monitoring.vetting import SHELL

    Store().add_feedback(prediction, emotion, source=by, role="reviewer", given_by=SHELL)
    err.print(f"{prediction} was {emotion}, says {by}.")


@app.command()
def export(
    to: Annotated[Path, typer.Argument(help="JSON file of tasks to write.")],
    days: Days = 7,
    count: Count = 200,
) -> None:
    """Write what waits as tasks of Label Studio, and the interface for them beside it (XML)."""
    from monitoring.label_studio import interface, tasks
    from monitoring.store import Store
    from undertone.files import write_json, write_text

    queue = Store().review_queue(_since(days), count)
    write_json(to, tasks(queue))
    write_text(to.with_suffix(".xml"), interface(any(row.audio_path for row, _ in queue)))
    err.print(f"{len(queue)} tasks → {to}")


@app.command("import")
def import_(
    exported: Annotated[Path, typer.Argument(help="Label Studio's JSON export.")],
) -> None:
    """Take what was annotated as feedback. Taking the same again changes nothing."""
    from monitoring.label_studio import take
    from monitoring.store import Store
    from undertone.labelling.table import write_refusals

    taken, refused = take(Store(), exported)
    beside = exported.with_suffix(".refused.csv")
    write_refusals(beside, refused)
    err.print(f"{taken} answers, {len(refused)} refused → {beside}")


def _since(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
