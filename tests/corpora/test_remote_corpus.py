"""Corpora on an object store: read by URI, and versioned there by DVC."""

import shutil
import subprocess
import sys
from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pytest
import soundfile

from cli.options import settings
from undertone.corpora import ingest
from undertone.errors import RemoteError

ROWS = 12


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A table of noises by four speakers, its audio beside it."""
    folder = tmp_path / "noises"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = [
        {"path": f"{n}.wav", "emotion": ("anger", "fear")[n % 2], "speaker_id": f"s{n % 6}"}
        for n in range(ROWS)
    ]
    for row in rows:
        soundfile.write(folder / row["path"], rng.normal(0, 0.1, 16_000), 16_000)
    pd.DataFrame(rows).to_csv(folder / "table.csv", index=False)
    return folder


def test_a_corpus_on_an_object_store_is_ingested_as_one_on_disk(
    corpus: Path, s3_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    files, path = fsspec.core.url_to_fs(f"{s3_bucket}/corpora/noises")
    files.put(str(corpus), path, recursive=True)
    here = ingest(settings(corpus=f"table={corpus}/table.csv"), tmp_path / "here")
    there = settings(corpus=f"table={s3_bucket}/corpora/noises/table.csv")
    assert ingest(there, tmp_path / "there") == here
    assert here.utterances == ROWS
    with pytest.raises(RemoteError, match=r"nothing at s3://.*/none\.csv"):
        ingest(settings(corpus=f"table={s3_bucket}/corpora/none.csv"), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_dvc_keeps_a_corpus_on_the_same_object_store(
    corpus: Path, s3_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    before = {path.name: path.read_bytes() for path in corpus.iterdir()}

    def dvc(folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "dvc", *arguments, "--quiet"]
        subprocess.run(command, cwd=folder, check=True, timeout=120)

    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    dvc(ours, "init", "--no-scm")
    dvc(ours, "remote", "add", "--default", "shared", f"{s3_bucket}/dvc")
    shutil.move(corpus, ours / "noises")
    dvc(ours, "add", "noises")
    dvc(ours, "push")
    theirs.mkdir()
    for name in (".dvc/config", "noises.dvc"):
        (theirs / name).parent.mkdir(exist_ok=True)
        shutil.copy(ours / name, theirs / name)
    dvc(theirs, "pull")
    assert {path.name: path.read_bytes() for path in (theirs / "noises").iterdir()} == before
