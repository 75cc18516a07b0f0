"""Folders at URIs: on a real S3 server, and on this disk."""

from collections.abc import Iterator
from pathlib import Path

import fsspec
import httpx
import pytest

from undertone import remote
from undertone.errors import RemoteError


@pytest.fixture(params=["s3", "file"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"file://{tmp_path}/shelf"
    return str(request.getfixturevalue("s3_bucket"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    (made / "audio").mkdir(parents=True)
    (made / "corpus.json").write_text("{}")
    (made / "audio" / "ü 1.flac").write_bytes(b"sound" * 1000)
    return made


@pytest.fixture
def locked(s3_server: str, s3_bucket: str) -> Iterator[str]:
    """A bucket that these credentials do not open any more."""
    httpx.post(f"{s3_server}/moto-api/reset-auth", content=b"0")
    yield s3_bucket
    httpx.post(f"{s3_server}/moto-api/reset-auth", content=b"1000000000")


def contents(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_what_is_published_comes_back_whole(root: str, folder: Path, tmp_path: Path) -> None:
    remote.publish(folder, f"{root}/one")
    remote.publish(folder, f"{root}/one")
    assert remote.published(root) == ["one"]
    remote.fetch(f"{root}/one", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(folder)
    remote.fetch(f"{root}/one#audio", tmp_path / "part")
    assert contents(tmp_path / "part") == contents(folder / "audio")
    remote.withdraw(f"{root}/one")
    assert remote.published(root) == []
    remote.withdraw(f"{root}/one")


def test_a_deposit_is_named_by_its_contents(root: str, folder: Path) -> None:
    first = remote.deposit(folder, f"{root}/data")
    assert remote.deposit(folder, f"{root}/data") == first
    (folder / "corpus.json").write_text("[]")
    assert remote.deposit(folder, f"{root}/data") != first
    with pytest.raises(RemoteError, match="Another folder was published"):
        remote.publish(folder, first)


def test_what_is_at_hand_is_not_fetched_again(root: str, folder: Path, tmp_path: Path) -> None:
    assert remote.at_hand(str(folder), tmp_path / "copy") == folder
    uri = remote.deposit(folder, root)
    assert remote.at_hand(uri, tmp_path / "copy") == tmp_path / "copy"
    remote.withdraw(uri)
    assert contents(remote.at_hand(uri, tmp_path / "copy")) == contents(folder)


def test_an_upload_that_dies_is_not_seen_and_can_be_repeated(
    root: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(fsspec.core.url_to_fs(root)[0])
    with monkeypatch.context() as patched:
        patched.setattr(kind, "pipe_file", _hang_up)
        with pytest.raises(RemoteError, match="cannot be read or written: hung up"):
            remote.publish(folder, f"{root}/one")
    assert remote.published(root) == []
    with pytest.raises(RemoteError, match="No whole folder"):
        remote.fetch(f"{root}/one", tmp_path / "back")
    assert not (tmp_path / "back").exists()
    remote.publish(folder, f"{root}/one")
    remote.fetch(f"{root}/one", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(folder)


def _hang_up(*_: object, **__: object) -> None:
    raise ConnectionResetError("hung up")


def test_a_changed_object_is_refused(root: str, folder: Path, tmp_path: Path) -> None:
    remote.publish(folder, f"{root}/one")
    remote.write(f"{root}/one/audio/ü 1.flac", b"noise" * 1000)
    with pytest.raises(RemoteError, match=r"ü 1.flac is not what was published"):
        remote.fetch(f"{root}/one", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_listed_name_cannot_lead_out(root: str, tmp_path: Path) -> None:
    remote.write(f"{root}/one/{remote.LIST}", b'{"../../out": "0"}')
    with pytest.raises(RemoteError, match="leads out of it"):
        remote.fetch(f"{root}/one", tmp_path / "back")


def test_a_mirror_follows_what_is_there(
    root: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    remote.write(f"{root}/raw/audio/a.wav", b"a")
    remote.write(f"{root}/raw/table.csv", b"1")
    first = remote.mirror(f"{root}/raw")
    assert contents(first) == {"audio/a.wav": b"a", "table.csv": b"1"}
    assert remote.mirror(f"{root}/raw/table.csv") == first / "table.csv"
    remote.write(f"{root}/raw/table.csv", b"12")
    assert contents(remote.mirror(f"{root}/raw"))["table.csv"] == b"12"
    for missing in ("raw/none.csv", "none"):
        with pytest.raises(RemoteError, match=r"nothing at|cannot be read"):
            remote.mirror(f"{root}/{missing}")


def test_a_missing_bucket_is_told(s3_bucket: str, folder: Path, tmp_path: Path) -> None:
    for ask in (
        lambda uri: remote.publish(folder, uri),
        lambda uri: remote.fetch(uri, tmp_path / "back"),
        remote.published,
    ):
        with pytest.raises(RemoteError, match="There is no bucket 'nowhere'"):
            ask("s3://nowhere/one")


def test_credentials_that_do_not_open_are_told(locked: str, folder: Path, tmp_path: Path) -> None:
    for ask in (
        lambda uri: remote.publish(folder, uri),
        lambda uri: remote.fetch(uri, tmp_path / "back"),
        remote.published,
        remote.mirror,
    ):
        with pytest.raises(RemoteError, match=r"Forbidden|Access Key Id") as refused:
            ask(f"{locked}/one")
        assert "in-the-tests" not in str(refused.value)


def test_a_server_that_is_gone_is_told(
    s3_bucket: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(RemoteError, match="Could not connect"):
        remote.publish(folder, f"{s3_bucket}/one")


def test_an_unknown_kind_of_uri_is_told() -> None:
    with pytest.raises(RemoteError, match="Protocol not known: s9"):
        remote.read("s9://bucket/one")
