"""Corpora into shards and back, on a real S3 server and on this disk."""

import errno
import os
import tarfile
from pathlib import Path

import pytest
from noises import write_corpus
from typer.testing import CliRunner

from cli.main import app
from undertone import remote
from undertone.errors import CorpusError, RemoteError
from undertone.evaluation.evaluator import corpus_info
from undertone.manifest import read_manifest, write_manifest
from undertone.shards import packing
from undertone.shards.fetching import fetch_corpus
from undertone.shards.members import contents, member_of, size_of
from undertone.shards.packing import pack

SHARD = 60_000


@pytest.fixture(params=["s3", "folder"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "there")
    return f"{request.getfixturevalue('s3_bucket')}/noise"


def recordings(folder: Path) -> dict[str, bytes]:
    rows = read_manifest(folder)
    return {row.utterance_id: contents(folder / row.path) for row in rows.itertuples()}


def test_what_was_packed_is_read_from_shards(corpus: Path, root: str, tmp_path: Path) -> None:
    shards = pack(corpus, root, SHARD)
    assert fetch_corpus([root], tmp_path / "light") == 40
    assert max(shard.size for shard in shards) <= SHARD
    assert len(shards) == 10  # 24, 8 and 8 utterances, of which a shard holds 4
    assert recordings(tmp_path / "light") == recordings(corpus)
    rows, before = read_manifest(tmp_path / "light"), read_manifest(corpus)
    kept = [name for name in before.columns if name != "path"]
    back = rows.set_index("utterance_id", drop=False).loc[before["utterance_id"]]
    assert back[kept].reset_index(drop=True).equals(before[kept])
    assert size_of(corpus / before["path"][0]) == 10_000
    assert size_of(tmp_path / "light" / back["path"].iloc[0]) == 10_000
    assert corpus_info(tmp_path / "light")["name"] == "noise"


def test_rows_stand_in_the_order_of_shards_which_mix_their_split(
    corpus: Path, tmp_path: Path
) -> None:
    pack(corpus, str(tmp_path / "there"), SHARD)
    fetch_corpus([str(tmp_path / "there")], tmp_path / "light")
    rows = read_manifest(tmp_path / "light")
    members = [member_of(Path(path)) for path in rows["path"]]
    assert members == sorted(members)
    train = rows[rows["split"] == "train"].groupby(rows["path"].str.split("/").str[1])
    assert train["speaker_id"].nunique().mean() > 1.5


def test_a_shard_is_laid_out_as_webdataset_reads_it(corpus: Path, tmp_path: Path) -> None:
    pack(corpus, str(tmp_path / "there"), SHARD)
    with tarfile.open(tmp_path / "there" / "shards" / "test-000000.tar") as shard:
        keys = [name.split(".", 1) for name in shard.getnames()]
    assert all(key.startswith("noise%2E") and suffix == "flac" for key, suffix in keys)
    assert len({key for key, _ in keys}) == 4


def test_a_picture_stands_beside_its_recording(corpus: Path, tmp_path: Path) -> None:
    rows = read_manifest(corpus)
    rows.loc[0, "image_path"] = "images/a.png"
    (corpus / "images").mkdir()
    (corpus / "images" / "a.png").write_bytes(b"picture")
    write_manifest(corpus, rows)
    pack(corpus, str(tmp_path / "there"), SHARD)
    fetch_corpus([str(tmp_path / "there")], tmp_path / "light")
    row = read_manifest(tmp_path / "light").dropna(subset="image_path").iloc[0]
    assert contents(tmp_path / "light" / row["image_path"]) == b"picture"
    places = [member_of(Path(row[name])) for name in ("path", "image_path")]
    assert places[0].shard == places[1].shard


def test_a_killed_run_goes_on(
    corpus: Path, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    real = packing._write

    def killed_after(most: int) -> None:
        def write(file: Path, items: object) -> list[tuple[int, int]]:
            if len(written) == most:
                file.write_bytes(b"half")
                raise KeyboardInterrupt
            written.append(file.name)
            return real(file, items)

        monkeypatch.setattr(packing, "_write", write)

    killed_after(5)
    with pytest.raises(KeyboardInterrupt):
        pack(corpus, root, SHARD)
    with pytest.raises(RemoteError, match="No whole folder is published"):
        fetch_corpus([root], tmp_path / "light")
    killed_after(99)
    pack(corpus, root, SHARD)
    assert len(written) == 10
    fetch_corpus([root], tmp_path / "light")
    assert recordings(tmp_path / "light") == recordings(corpus)
    pack(corpus, root, SHARD)
    assert len(written) == 10


def test_other_recordings_are_not_written_over(corpus: Path, root: str, tmp_path: Path) -> None:
    pack(corpus, root, SHARD)
    other = write_corpus(tmp_path / "other", "other")
    with pytest.raises(RemoteError, match=r"test-000000\.tar holds other recordings already"):
        pack(other, root, SHARD)


def test_a_recording_that_is_too_large_or_missing_is_named(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"noise\.\d+\.flac is larger than a shard of 9,000"):
        pack(corpus, str(tmp_path / "there"), 9_000)
    (corpus / "audio" / "noise.4.flac").unlink()
    with pytest.raises(CorpusError, match=r"noise\.4\.flac cannot be read: No such file"):
        pack(corpus, str(tmp_path / "there"), SHARD)


def test_a_full_disk_is_told_and_the_run_goes_on_once_there_is_room(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(tarfile.TarFile, "addfile", full)
        with pytest.raises(RemoteError, match=r"test-000000\.tar cannot .*No space left on device"):
            pack(corpus, str(tmp_path / "there"), SHARD)
    assert not list((tmp_path / "there").rglob("*.tar"))
    assert len(pack(corpus, str(tmp_path / "there"), SHARD)) == 10


def test_by_command(corpus: Path, tmp_path: Path) -> None:
    def run(*words: object) -> str:
        done = CliRunner().invoke(app, ["corpora", *map(str, words)])
        assert done.exit_code == 0, done.output
        return done.output

    assert "3 shards, 0 MB →" in run("shard", corpus, "--to", tmp_path / "there", "--shard-mb", 1)
    assert "40 utterances →" in run("fetch", tmp_path / "there", "--out", tmp_path / "light")
    assert recordings(tmp_path / "light") == recordings(corpus)


def test_parts_packed_one_after_the_other_become_one_corpus(corpus: Path, tmp_path: Path) -> None:
    second = write_corpus(tmp_path / "second", "second")
    roots = [str(tmp_path / "one"), str(tmp_path / "two")]
    for folder, root in zip((corpus, second), roots, strict=True):
        pack(folder, root, SHARD)
    assert fetch_corpus(roots, tmp_path / "both") == 80
    assert recordings(tmp_path / "both") == recordings(corpus) | recordings(second)
    assert read_manifest(tmp_path / "both")["split"].is_monotonic_increasing
    with pytest.raises(CorpusError, match="40 utterances stand in more than one"):
        fetch_corpus([roots[0], roots[0]], tmp_path / "twice")
    assert not (tmp_path / "twice").exists()


def test_what_was_packed_can_be_packed_anew(corpus: Path, tmp_path: Path) -> None:
    pack(corpus, str(tmp_path / "small"), SHARD)
    fetch_corpus([str(tmp_path / "small")], tmp_path / "light")
    larger = pack(tmp_path / "light", str(tmp_path / "large"), 2 * SHARD)
    fetch_corpus([str(tmp_path / "large")], tmp_path / "again")
    assert len(larger) == 5
    assert recordings(tmp_path / "again") == recordings(corpus)


def test_a_place_that_does_not_exist_is_told(corpus: Path, s3_bucket: str) -> None:
    with pytest.raises(RemoteError, match="There is no bucket 'nowhere'"):
        pack(corpus, "s3://nowhere/noise", SHARD)
    assert remote.published(s3_bucket) == []
