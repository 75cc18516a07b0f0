"""What an agent corrected in the table of a call, as feedback to the service."""

from pathlib import Path

import pandas as pd

from examples.contact_centre.summary import CORRECTION
from serving.client import Client
from undertone.errors import UndertoneError


def send(client: Client, table: Path, by: str) -> int:
    """Send each row whose `correction` names an emotion. Sent again, it changes nothing.

    Args:
        client: of the service.
        table: `utterances.csv` of a call, the column `correction` filled in where it was wrong.
        by: who corrected.

    Returns:
        How many there were.

    Raises:
        UndertoneError: the table cannot be used, or the service takes a correction for wrong.
    """
    rows = _corrected(table)
    for line, row in rows.iterrows():
        emotion = str(row[CORRECTION]).strip().lower()
        try:
            client.feedback(row["prediction_id"], emotion, source=by, role="agent")
        except UndertoneError as error:
            place = f"{table}, line {int(str(line)) + 2}"
            raise UndertoneError(f"{place}: {error}") from error
    return len(rows)


def _corrected(table: Path) -> pd.DataFrame:
    try:
        rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise UndertoneError(f"{table} cannot be read: {error}.") from error
    if missing := {"prediction_id", CORRECTION} - set(rows):
        raise UndertoneError(f"{table} has no column {sorted(missing)[0]}: is it a call's table?")
    return rows[rows[CORRECTION].str.strip() != ""]
