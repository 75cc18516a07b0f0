"""A clinician's diary: python -m examples.clinic --help."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from examples.clinic.diary import Diary, Entry, now
from examples.common.service import key
from examples.events.engine import Change
from examples.events.facts import Facts
from examples.events.live import follow
from examples.events.rules import load
from examples.events.terminal import SERVICE, STYLES, Pace, Rules, Url, command
from serving.client import Client

RULES = Path(__file__).with_name("rules.yaml")
Folder = Annotated[Path, typer.Option(envvar="CLINIC_DIARIES", help="where the diaries lie")]
By = Annotated[str, typer.Option(help="who asked the patient")]
app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def consent(patient: str, by: By, folder: Folder = Path("diaries")) -> None:
    """Record that a patient agreed to being listened to."""
    Diary(folder, patient).agree(by)
    print(f"{patient} agreed; recorded by {by}.")


@app.command()
def listen(
    patient: str,
    recording: Path,
    folder: Folder = Path("diaries"),
    url: Url = SERVICE,
    rules: Rules = RULES,
    pace: Pace = 1.0,
) -> None:
    """Write how a session sounded into the diary; without consent, nothing is sent."""
    diary, book, session = Diary(folder, patient), load(rules), now()
    diary.require_consent()
    note = ""

    async def see(facts: Facts, change: Change | None) -> None:
        nonlocal note
        note = str(change.scene.get("note", "")) if change else note
        if facts.ended:
            diary.add(entry(session, facts, note))

    told = {"speaker_id": patient, "consent": True}
    asyncio.run(follow(url, book, recording, see, pace=pace, **told))
    show(patient, folder)


def entry(session: object, facts: Facts, note: str) -> Entry:
    """An utterance as the diary has it."""
    heard = {name: getattr(facts, name) for name in ("emotion", "valence", "arousal", "text")}
    return Entry.model_validate({"session": session, "seconds": facts.at, "note": note} | heard)


@app.command()
def show(patient: str, folder: Folder = Path("diaries")) -> None:
    """Print the diary."""
    columns = "session", "at", "sounded", "valence, arousal", "words", "note"
    table = Table(*columns, title=patient, title_justify="left", box=SIMPLE_HEAD)
    for one in Diary(folder, patient).entries():
        when = f"{one.session:%Y-%m-%d}", f"{one.seconds:.1f} s"
        sounded = Text(one.emotion, STYLES.get(one.emotion, "dim"))
        scales = f"{one.valence:+.2f}, {one.arousal:+.2f}"
        table.add_row(*when, sounded, scales, Text(one.text), one.note)
    Console().print(table)


@app.command()
def export(patient: str, file: Path, folder: Folder = Path("diaries")) -> None:
    """Write the patient's copy, as CSV or JSON."""
    Diary(folder, patient).export(file)
    print(f"{file} is {patient}'s copy.")


@app.command()
def forget(patient: str, folder: Folder = Path("diaries"), url: Url = SERVICE) -> None:
    """Delete a patient from the service, then the diary; the key needs the scope admin."""
    diary = Diary(folder, patient)
    with Client(url, key=key()) as client:
        deleted = client.forget(patient)
    print(f"{deleted['predictions']} predictions and {diary.delete()} entries are deleted.")


if __name__ == "__main__":
    command(app)
