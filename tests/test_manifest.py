import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyarrow import parquet

from undertone.errors import CorpusError
from undertone.manifest import (
    COLUMNS,
    SCHEMA,
    as_table,
    data_revision,
    read_manifest,
    row_problems,
    validate_rows,
    write_manifest,
)

WORDS = [{"word": "hello", "start": 0.1, "end": 0.4}]
ROW = {
    "utterance_id": "a-1",
    "corpus": "a",
    "speaker_id": "s1",
    "language": "en",
    "emotion": "anger",
    "path": "audio/a-1.flac",
    "sha256": "ff",
    "duration_s": 1.5,
    "sample_rate": 48_000,
    "text": "hello",
    "words": WORDS,
    "split": "train",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "a-1.flac").touch()
    return tmp_path


def rows(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([ROW | change for change in changes])


def test_a_manifest_comes_back_as_written(tmp_path: Path) -> None:
    frame = rows({}, {"utterance_id": "a-2", "path": None, "sample_rate": None, "words": None})
    write_manifest(tmp_path, frame)
    back = read_manifest(tmp_path)
    assert tuple(back.columns) == COLUMNS
    assert list(back["utterance_id"]) == ["a-1", "a-2"]
    assert list(back["words"][0]) == WORDS
    assert back["words"][1] is None
    assert back["path"][1] is None
    assert back["transcript"].isna().all()
    assert as_table(back).equals(as_table(frame))
    assert data_revision(back) == data_revision(frame)


def test_a_manifest_from_before_a_column_is_read(tmp_path: Path) -> None:
    old = as_table(rows({})).drop_columns(["context", "words"])
    parquet.write_table(old, tmp_path / "manifest.parquet")
    back = read_manifest(tmp_path)
    assert tuple(back.columns) == COLUMNS
    assert back.loc[0, ["context", "words"]].tolist() == [None, None]
    assert back.loc[0, "text"] == "hello"


def test_the_revision_is_of_the_data_alone() -> None:
    frame = rows({}, {"utterance_id": "a-2"})
    assert data_revision(frame.iloc[::-1]) == data_revision(frame)
    assert data_revision(frame.assign(split="test")) == data_revision(frame)
    assert data_revision(frame.assign(emotion="fear")) != data_revision(frame)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (rows({"mood": "bad"}), "no columns mood"),
        (rows({}).drop(columns="speaker_id"), "speaker_id"),
        (rows({"speaker_id": None}), "speaker_id"),
        (rows({"duration_s": "long"}), "does not fit"),
    ],
)
def test_what_does_not_fit_is_not_written(tmp_path: Path, frame: pd.DataFrame, reason: str) -> None:
    with pytest.raises(CorpusError, match=reason):
        write_manifest(tmp_path, frame)
    assert not list(tmp_path.iterdir())


def test_folders_that_hold_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no manifest\.parquet"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.parquet").write_text("not parquet")
    with pytest.raises(CorpusError, match="not a Parquet file"):
        read_manifest(tmp_path)
    pd.DataFrame({"utterance_id": ["a"]}).to_parquet(tmp_path / "manifest.parquet")
    with pytest.raises(CorpusError, match="lacks the columns corpus, emotion"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"emotion": "happy"}, "emotion: 'happy' is not one of anger"),
        ({"emotion": None}, "emotion: missing"),
        ({"speaker_id": None}, "speaker_id: missing"),
        ({"speaker_id": float("nan")}, "speaker_id: missing"),
        ({"speaker_id": "  "}, "speaker_id: missing"),
        ({"duration_s": float("nan")}, "duration_s: nan"),
        ({"duration_s": -1.0}, "duration_s: -1.0"),
        ({"duration_s": float("inf")}, "duration_s: inf"),
        ({"split": "dev"}, "split: 'dev' is not one of train"),
        ({"path": "audio/none.flac"}, r"path: audio/none\.flac does not exist"),
        ({"image_path": "face.png"}, r"image_path: face\.png does not exist"),
        ({"path": None, "text": None}, "path, text: neither"),
        ({"utterance_id": "../etc/passwd"}, "utterance_id: '../etc/passwd' may hold"),
        ({"utterance_id": "a-1"}, "stands in an earlier row"),
    ],
)
def test_rows_are_refused_one_by_one(folder: Path, change: dict[str, Any], reason: str) -> None:
    frame = rows({}, {"utterance_id": "a-2"} | change, {"utterance_id": "a-3"})
    good, rejects = validate_rows(frame, folder)
    assert list(good["utterance_id"]) == ["a-1", "a-3"]
    assert len(rejects) == 1
    assert re.search(reason, rejects[0].reason)


def test_a_row_without_an_id_is_told_by_its_number(folder: Path) -> None:
    _, (reject,) = validate_rows(rows({}, {"utterance_id": None}), folder)
    assert (reject.place, reject.reason) == ("row 1", "utterance_id: missing")


def test_all_reasons_of_a_row_are_told(folder: Path) -> None:
    _, (reject,) = validate_rows(rows({"emotion": "rage", "split": "dev"}), folder)
    assert "emotion" in reject.reason
    assert "split" in reject.reason


def test_the_schema_is_the_documented_one() -> None:
    required = [field.name for field in SCHEMA if not field.nullable]
    assert required == ["utterance_id", "corpus", "speaker_id", "language", "emotion"]


def test_dimensions_off_their_scale_are_refused() -> None:
    row = {"utterance_id": "a", "corpus": "c", "speaker_id": "s", "language": "en", "text": "hi"}
    row |= {"emotion": "calm", "valence": -1.0, "arousal": 1.0, "dominance": None}
    assert row_problems(row) == []
    problems = row_problems(row | {"valence": 3.5, "dominance": float("inf")})
    assert [problem.partition(":")[0] for problem in problems] == ["valence", "dominance"]
