"""Any corpus that its owner lists in a table, CSV or Parquet."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow import ArrowInvalid

from undertone.config import CorpusParams
from undertone.corpora.base import Item, Reject, SourceUtterance
from undertone.corpora.folders import id_of, source_of
from undertone.errors import CorpusError

REQUIRED = {"speaker_id", "emotion"}
NUMBERS = ("valence", "arousal", "dominance")
UNKNOWN_LANGUAGE = "und"


def read_table(params: CorpusParams) -> list[Item]:
    """The utterances of a table, one a row.

    Columns: `speaker_id`, `emotion`, and `path` or `text` or both; where wanted `utterance_id`,
    `language`, `split`, `image_path`, `valence`, `arousal`, `dominance`. Paths are relative to
    the table. Other columns are not looked at. Without an `utterance_id` the path is one.

    Valence, arousal and dominance are on scales from -1 to 1 (unpleasant, sleepy, submissive to
    pleasant, excited, dominant); a row with another number is refused. A rating x of 1 to 5 is
    (x - 3) / 2 there, one of 1 to 7 is (x - 4) / 3.

    Raises:
        CorpusError: the file is no such table.
    """
    path = source_of(params)
    frame = _load(path)
    missing = sorted(REQUIRED - set(frame.columns))
    if missing or not {"path", "text"} & set(frame.columns):
        raise CorpusError(f"{path} lacks the columns {', '.join(missing) or 'path or text'}.")
    rows = frame.to_dict("records")
    return [_item(_given(row), path, number) for number, row in enumerate(rows, start=1)]


def _load(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        # An empty cell alone is null: "None" and "NA" can be what someone said.
        return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=str)
    except (OSError, ValueError, ArrowInvalid) as error:
        raise CorpusError(f"{path} is not a CSV or Parquet table: {error}") from error


def _given(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    return {str(column): value for column, value in row.items() if not pd.isna(value)}


def _item(row: Mapping[str, Any], table: Path, number: int) -> Item:
    try:
        valence, arousal, dominance = (_number(row, name) for name in NUMBERS)
    except ValueError as error:
        return Reject(f"{table.name}, row {number}", str(error))
    return SourceUtterance(
        utterance_id=str(row.get("utterance_id") or _name(row, table, number)),
        corpus=table.stem,
        speaker_id=str(row.get("speaker_id", "")),
        language=str(row.get("language", UNKNOWN_LANGUAGE)),
        emotion=str(row.get("emotion", "")),
        source=table.parent / row["path"] if "path" in row else None,
        text=row.get("text"),
        image=table.parent / row["image_path"] if "image_path" in row else None,
        split=row.get("split"),
        valence=valence,
        arousal=arousal,
        dominance=dominance,
    )


def _number(row: Mapping[str, Any], column: str) -> float | None:
    if column not in row:
        return None
    try:
        return float(row[column])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{column}: '{row[column]}' is not a number") from error


def _name(row: Mapping[str, Any], table: Path, number: int) -> str:
    path = row.get("path")
    return id_of(str(Path(path).with_suffix("")) if path else f"{table.stem}-{number}")
