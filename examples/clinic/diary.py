"""A diary of how a patient sounded: with consent alone, to be exported or deleted."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, Field

from undertone.errors import UndertoneError

PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def now() -> datetime:
    """The time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


class Consent(BaseModel):
    """That a patient agreed, and who recorded it."""

    by: str = Field(min_length=1, max_length=200)
    given_at: datetime = Field(default_factory=now)


class Entry(BaseModel):
    """How a patient sounded in one utterance of a session."""

    session: datetime
    seconds: float
    emotion: str
    valence: float
    arousal: float
    text: str
    note: str = ""


class Diary:
    """One patient's entries, in a folder of their own.

    Args:
        folder: of all diaries.
        patient: a pseudonym.

    Raises:
        UndertoneError: the pseudonym is not made of letters, digits, `-` and `_`.
    """

    def __init__(self, folder: Path, patient: str) -> None:
        if not PSEUDONYM.fullmatch(patient):
            raise UndertoneError(
                f"A patient is called by letters, digits, - and _, not {patient!r:.80}."
            )
        self._patient = patient
        self._folder = folder / patient
        self._consent = self._folder / "consent.json"
        self._entries = self._folder / "entries.jsonl"

    def agree(self, by: str) -> None:
        """Record the patient's consent."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._consent.write_text(Consent(by=by).model_dump_json())

    def require_consent(self) -> None:
        """Make sure that the patient agreed.

        Raises:
            UndertoneError: no consent is on record.
        """
        if not self._consent.is_file():
            raise UndertoneError(
                f"{self._patient} has not agreed. Ask, then record it: "
                f"python -m examples.clinic consent {self._patient} --by NAME"
            )

    def add(self, entry: Entry) -> None:
        """Write an entry."""
        with self._entries.open("a") as file:
            file.write(entry.model_dump_json() + "\n")

    def entries(self) -> list[Entry]:
        """All entries, oldest first."""
        if not self._entries.is_file():
            return []
        lines = self._entries.read_text().splitlines()
        return [Entry.model_validate_json(line) for line in lines]

    def export(self, path: Path) -> None:
        """Write the patient's copy, as CSV or as JSON by the file's ending.

        Raises:
            UndertoneError: it ends otherwise, or there is nothing to write.
        """
        table = pd.DataFrame([entry.model_dump() for entry in self.entries()])
        if table.empty:
            raise UndertoneError(f"The diary of {self._patient} is empty.")
        if path.suffix == ".csv":
            table.to_csv(path, index=False)
        elif path.suffix == ".json":
            table.to_json(path, orient="records", date_format="iso", indent=2)
        else:
            raise UndertoneError(f"{path} must end in .csv or .json.")

    def delete(self) -> int:
        """Delete all of it, consent included.

        Returns:
            How many entries there were.
        """
        count = len(self.entries())
        if self._folder.exists():
            shutil.rmtree(self._folder)
        return count
