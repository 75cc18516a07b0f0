"""The manifest: one row an utterance, in Parquet; rows that break it are refused one by one."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from undertone.corpora.base import Reject
from undertone.errors import CorpusError
from undertone.files import replacing
from undertone.labels import EMOTIONS

FILE = "manifest.parquet"
SPLITS = ("train", "validation", "test")
WORD = pa.struct([("word", pa.string()), ("start", pa.float64()), ("end", pa.float64())])
SCHEMA = pa.schema(
    [
        pa.field("utterance_id", pa.string(), nullable=False),
        pa.field("corpus", pa.string(), nullable=False),
        pa.field("speaker_id", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("emotion", pa.string(), nullable=False),
        pa.field("path", pa.string()),  # within the folder, of a file or a shard's member; or null
        pa.field("sha256", pa.string()),  # of the decoded 16 kHz mono PCM16 samples
        pa.field("duration_s", pa.float64()),
        pa.field("sample_rate", pa.int32()),  # of the source, before resampling
        pa.field("text", pa.string()),  # what was said, as the corpus tells
        pa.field("context", pa.string()),  # earlier turns of the dialogue, newest last
        pa.field("transcript", pa.string()),  # what the recogniser heard
        pa.field("words", pa.list_(WORD)),
        pa.field("image_path", pa.string()),
        pa.field("valence", pa.float64()),
        pa.field("arousal", pa.float64()),
        pa.field("dominance", pa.float64()),
        pa.field("split", pa.string()),  # train, validation or test; null until assigned
    ]
)
COLUMNS = tuple(SCHEMA.names)
BLOCK = 10_000  # rows that are Python's at a time
SAFE_ID = re.compile(r"[\w.-]+")

Row = Mapping[Any, Any]


def read_manifest(folder: Path, *, without: Collection[str] = ()) -> pd.DataFrame:
    """The manifest of a corpus or heard folder; nullable columns that it lacks are null.

    Args:
        folder: the folder.
        without: nullable columns that are not asked for; they are null too.

    Raises:
        CorpusError: the folder has no manifest, or the file is not one.
    """
    path = folder / FILE
    try:
        table = pq.read_table(path)
    except FileNotFoundError as error:
        raise CorpusError(f"{folder} is no corpus folder: it has no {FILE}.") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise CorpusError(f"{path} is not a Parquet file: {error}") from error
    required = {field.name for field in SCHEMA if not field.nullable}
    missing = sorted(required - set(table.column_names))
    if missing:
        raise CorpusError(f"{path} lacks the columns {', '.join(missing)}.")
    table = table.drop_columns([name for name in without if name in table.column_names])
    for field in SCHEMA:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(len(table), field.type))
    frame: pd.DataFrame = table.select(COLUMNS).to_pandas()
    return frame


def write_manifest(folder: Path, frame: pd.DataFrame) -> None:
    """Write a manifest whole, its columns cast to `SCHEMA`.

    Raises:
        CorpusError: the frame does not fit the schema, see `as_table`.
    """
    table = as_table(frame)
    with replacing(folder / FILE) as aside:
        pq.write_table(table, aside)


def as_table(frame: pd.DataFrame) -> pa.Table:
    """Rows cast to `SCHEMA`; nullable columns that are absent become null.

    Raises:
        CorpusError: a column is not the schema's, is required and missing, or of another type.
    """
    unknown = sorted(set(frame.columns) - set(COLUMNS))
    if unknown:
        raise CorpusError(f"A manifest has no columns {', '.join(unknown)}.")
    try:
        return pa.Table.from_pandas(
            frame.reindex(columns=COLUMNS), schema=SCHEMA, preserve_index=False
        ).cast(SCHEMA)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError) as error:
        raise CorpusError(f"The manifest does not fit its schema: {error}") from error


def data_revision(frame: pd.DataFrame) -> str:
    """Hex SHA-256 over all rows, their splits left out, in whatever order they come."""
    blocks = as_table(frame).drop_columns("split").to_batches(max_chunksize=BLOCK)
    rows = (row for block in blocks for row in block.to_pylist())
    lines = sorted(json.dumps(row, sort_keys=True) for row in rows)
    digest = hashlib.sha256()
    for number, line in enumerate(lines):
        digest.update(b"\n" * (number > 0) + line.encode())
    return digest.hexdigest()


def validate_rows(frame: pd.DataFrame, folder: Path) -> tuple[pd.DataFrame, list[Reject]]:
    """Part the rows that can be used from those that break the manifest.

    Args:
        frame: rows with the columns of `SCHEMA`; columns that are absent count as null.
        folder: what `path` and `image_path` are relative to.

    Returns:
        The good rows, and for each other one its utterance id (its number where that is missing)
        with every column that is wrong and why.
    """
    seen: set[str] = set()
    keep, rejects = [], []
    for number, row in enumerate(map(dict, frame.to_dict("records"))):
        problems = row_problems(row) + _missing_files(row, folder)
        name = row.get("utterance_id")
        if name in seen:
            problems.append(f"utterance_id: {name} stands in an earlier row")
        keep.append(not problems)
        if problems:
            place = f"row {number}" if _is_null(name) else str(name)
            rejects.append(Reject(place, "; ".join(problems)))
        else:
            seen.add(str(name))
    return frame[pd.Series(keep, index=frame.index, dtype=bool)].reset_index(drop=True), rejects


def row_problems(row: Row) -> list[str]:
    """What is wrong with a row, each with its column; nothing when it can be used.

    Args:
        row: values by column; one that is absent counts as null. Files are not looked for.
    """
    return [problem for check in _CHECKS if (problem := check(row))]


def _missing_files(row: Row, folder: Path) -> list[str]:
    files = {column: row.get(column) for column in ("path", "image_path")}
    return [
        f"{column}: {value} does not exist"
        for column, value in files.items()
        if not _is_null(value) and not (folder / str(value)).is_file()
    ]


def _required(column: str) -> Callable[[Row], str]:
    def check(row: Row) -> str:
        value = row.get(column)
        empty = _is_null(value) or not str(value).strip()
        return f"{column}: missing" if empty else ""

    return check


def _one_of(column: str, known: tuple[str, ...]) -> Callable[[Row], str]:
    def check(row: Row) -> str:
        value = row.get(column)
        fits = _is_null(value) or value in known
        return "" if fits else f"{column}: '{value}' is not one of {', '.join(known)}"

    return check


def _safe_id(row: Row) -> str:
    name = row.get("utterance_id")
    if _is_null(name) or SAFE_ID.fullmatch(str(name)):
        return ""
    return f"utterance_id: '{name}' may hold letters, digits, '.', '_' and '-' only"


def _something_said(row: Row) -> str:
    silent = _is_null(row.get("path")) and _is_null(row.get("text"))
    return "path, text: neither is given" if silent else ""


def _positive_duration(row: Row) -> str:
    if _is_null(row.get("path")):
        return ""
    duration = row.get("duration_s")
    fits = not _is_null(duration) and 0 < float(str(duration)) < float("inf")
    return "" if fits else f"duration_s: {duration} is not a length in seconds"


def _on_scale(column: str) -> Callable[[Row], str]:
    def check(row: Row) -> str:
        value = row.get(column)
        fits = _is_null(value) or -1 <= float(str(value)) <= 1
        return "" if fits else f"{column}: {value} is not on the scale from -1 to 1"

    return check


def _is_null(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


_CHECKS = (
    *map(_required, ("utterance_id", "corpus", "speaker_id", "language", "emotion")),
    _one_of("emotion", EMOTIONS),
    _one_of("split", SPLITS),
    _safe_id,
    _something_said,
    _positive_duration,
    *map(_on_scale, ("valence", "arousal", "dominance")),
)
