"""What was heard before: a cache by content, so that a run that broke off goes on."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from undertone.prediction import Transcript
from undertone.speech.listener import Heard

TABLE = """
CREATE TABLE IF NOT EXISTS heard (
    sha256 TEXT PRIMARY KEY, shape TEXT NOT NULL, statistics BLOB NOT NULL, transcript TEXT
)"""
WAIT_SECONDS = 60.0


class Memory:
    """Heard recordings by the SHA-256 of their samples, in one SQLite file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __contains__(self, sha256: str) -> bool:
        query = "SELECT 1 FROM heard WHERE sha256 = ?"
        return self._connection.execute(query, (sha256,)).fetchone() is not None

    def __getitem__(self, sha256: str) -> Heard:
        query = "SELECT shape, statistics, transcript FROM heard WHERE sha256 = ?"
        row = self._connection.execute(query, (sha256,)).fetchone()
        if row is None:
            raise KeyError(sha256)
        shape, statistics, transcript = row
        return Heard(
            transcript=None if transcript is None else Transcript.model_validate_json(transcript),
            statistics=np.frombuffer(statistics, np.float32).reshape(json.loads(shape)),
        )

    def __setitem__(self, sha256: str, heard: Heard) -> None:
        transcript = None if heard.transcript is None else heard.transcript.model_dump_json()
        row = (sha256, json.dumps(heard.statistics.shape), heard.statistics.tobytes(), transcript)
        with self._connection:
            self._connection.execute("INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?)", row)

    def forget(self, sha256: str) -> None:
        """Forget a recording, in all its views."""
        with self._connection:
            self._connection.execute("DELETE FROM heard WHERE sha256 GLOB ? || '*'", (sha256,))


@contextmanager
def remembering(path: Path) -> Iterator[Memory]:
    """Open the memory at `path`, created if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(TABLE)
        yield Memory(connection)
