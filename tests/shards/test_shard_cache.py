"""Shards on this disk: within their bound, whole, and shared."""

import errno
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from torch.utils.data import DataLoader, Dataset

from undertone.errors import ConfigError, CorpusError, RemoteError
from undertone.manifest import read_manifest
from undertone.shards import cache, order
from undertone.shards.fetching import fetch_corpus
from undertone.shards.members import contents, size_of
from undertone.shards.order import Streamed, placement_of
from undertone.shards.packing import pack

SHARD = 60_000
ROOM = 3 * SHARD
FORKS = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture
def light(corpus: Path, tmp_path: Path) -> Path:
    pack(corpus, str(tmp_path / "there"), SHARD)
    fetch_corpus([str(tmp_path / "there")], tmp_path / "light")
    return tmp_path / "light"


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (cache, order):
        monkeypatch.setattr(module, "bound", lambda: ROOM)


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    return tmp_path / "there" / "shards"


def paths(light: Path) -> list[Path]:
    return [light / path for path in read_manifest(light)["path"]]


def used() -> int:
    return sum(file.stat().st_size for file in cache._files(cache.cache_folder()))


def watched(monkeypatch: pytest.MonkeyPatch, look: Callable[[], None]) -> None:
    """Look whenever a shard has taken its room, which is the only time that the cache grows."""
    take = os.posix_fallocate

    def taken(handle: int, start: int, size: int) -> None:
        take(handle, start, size)
        look()

    monkeypatch.setattr(os, "posix_fallocate", taken)


def test_holds_no_more_than_its_bound(
    light: Path, room: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    watched(monkeypatch, lambda: seen.append(used()))
    for path in paths(light) * 2:
        contents(path)
    assert len(seen) == 20
    assert ROOM / 2 < max(seen) <= ROOM


def test_what_was_asked_for_last_is_kept(
    light: Path, room: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    real = cache.chunks
    monkeypatch.setattr(cache, "chunks", lambda uri: fetched.append(uri) or real(uri))
    a, b, c, d = paths(light)[::4][:4]
    for path in (a, b, c, a, d, a, b):
        contents(path)
    assert [uri[-10:-4] for uri in fetched] == [f"{number:06}" for number in (0, 1, 0, 1, 1)]


def _read_all(light: Path, results: "multiprocessing.Queue[int]") -> None:
    cache.bound = lambda: ROOM
    highest = 0
    for path in paths(light):
        assert len(contents(path)) >= 10_000
        with cache._counting(cache.cache_folder()):
            highest = max(highest, used())
    results.put(highest)


@FORKS
def test_processes_share_the_bound(light: Path) -> None:
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    readers = [context.Process(target=_read_all, args=(light, results)) for _ in range(3)]
    for reader in readers:
        reader.start()
    highest = [results.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join()
    assert max(highest) <= ROOM


def test_a_shard_that_was_changed_is_refused_and_named(
    light: Path, room: None, shards: Path
) -> None:
    file = shards / "test-000000.tar"
    whole = file.read_bytes()
    for broken in (whole[:-1], whole[:600] + b"x" + whole[601:], whole + b"more"):
        file.write_bytes(broken)
        with pytest.raises(RemoteError, match=r"test-000000\.tar is not what was packed"):
            contents(paths(light)[0])
        assert used() == 0
    file.write_bytes(whole)
    assert contents(paths(light)[0])


def test_a_missing_shard_is_named(light: Path, room: None, shards: Path) -> None:
    (shards / "test-000000.tar").unlink()
    with pytest.raises(RemoteError, match=r"There is nothing at .*test-000000\.tar"):
        contents(paths(light)[0])


def test_a_full_disk_is_told(light: Path, room: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    told = r"test-000000\.tar \(0\.1 MB\) cannot be kept in .*: No space left.*UNDERTONE_SHARDS_MB"
    with pytest.raises(RemoteError, match=told):
        contents(paths(light)[0])
    assert used() == 0


def test_a_shard_larger_than_the_bound_is_told(
    light: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "bound", lambda: SHARD // 2)
    with pytest.raises(ConfigError, match=r"test-000000\.tar has 0\.1 MB, and UNDERTONE_SHARDS_MB"):
        contents(paths(light)[0])


def test_what_a_killed_process_half_fetched_is_swept_away(light: Path, room: None) -> None:
    folder = cache.cache_folder()
    folder.mkdir(parents=True)
    (folder / f"{'0' * 64}.part").write_bytes(bytes(ROOM))
    assert contents(paths(light)[0])
    assert used() <= SHARD


def test_the_bound_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("0", "many", "-3", ""):
        monkeypatch.setenv(cache.BOUND, wrong)
        with pytest.raises(ConfigError, match="whole number of megabytes above 0"):
            cache.bound()
    monkeypatch.setenv(cache.BOUND, "3")
    assert cache.bound() == 3_000_000


def test_a_corpus_without_its_table_is_told(light: Path) -> None:
    path = paths(light)[0]
    (light / "shards.json").write_text('{"shards/test-000000.tar": {"uri": "x"}}')
    with pytest.raises(CorpusError, match=r"shards\.json cannot be read"):
        contents(path)
    (light / "shards.json").write_text("{}")
    with pytest.raises(CorpusError, match=r"tells of no shard shards/test-000000\.tar"):
        contents(path)


class Bytes(Dataset[int]):
    """How many bytes each recording has, told in whatever process asks."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files

    def __getitem__(self, place: int) -> int:
        return len(contents(self.files[place]))


@FORKS
def test_loader_processes_read_from_an_object_store(
    corpus: Path, s3_bucket: str, room: None, tmp_path: Path
) -> None:
    """Forked while the next shard is being fetched."""
    pack(corpus, f"{s3_bucket}/noise", SHARD)
    fetch_corpus([f"{s3_bucket}/noise"], tmp_path / "light")
    files = paths(tmp_path / "light")
    placement = placement_of(files)
    assert placement is not None
    sampler = Streamed(placement, window=1, seed=0)
    loader = DataLoader(Bytes(files), batch_size=4, sampler=sampler, num_workers=2)
    assert sum(int(sizes.sum()) for sizes in loader) == sum(map(size_of, files))
    assert used() <= ROOM
