"""Shards on this disk: a few at a time, within a bound, shared by all processes that read them.

A shard takes its room before it is fetched and is checked while it is; those that nobody has asked
for the longest time go for it.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from undertone.config import home
from undertone.errors import ConfigError, RemoteError
from undertone.remote import chunks
from undertone.shards.table import Shard, shard_at

BOUND = "UNDERTONE_SHARDS_MB"
DEFAULT_MB = "20000"
WAIT_SECONDS = 0.05
PARTIAL = ".part"


def bound() -> int:
    """Bytes that shards may take on this disk together.

    Raises:
        ConfigError: `UNDERTONE_SHARDS_MB` is no number above 0.
    """
    told = os.environ.get(BOUND, DEFAULT_MB)
    if not told.isdecimal() or not int(told):
        raise ConfigError(f"{BOUND} must be a whole number of megabytes above 0, not '{told}'.")
    return int(told) * 1_000_000


def cache_folder() -> Path:
    """Where shards are kept."""
    return home() / "cache" / "shards"


def open_shard(path: Path) -> BinaryIO:
    """Open a shard by its path in a corpus folder; fetched first where it is not at hand.

    Raises:
        ConfigError: it alone is larger than the bound.
        CorpusError: the corpus folder does not tell where it lies.
        RemoteError: it is missing, not what was packed, or cannot be kept on this disk.
    """
    shard = shard_at(path)
    kept = cache_folder() / f"{shard.sha256}.tar"
    try:
        return _opened(kept) or _fetched(shard, kept)
    except OSError as error:
        raise RemoteError(
            f"The shard {shard.uri} ({shard.size / 1e6:,.1f} MB) cannot be kept in {kept.parent}: "
            f"{error.strerror}. Make room there, or lower {BOUND}."
        ) from error


def _opened(kept: Path) -> BinaryIO | None:
    try:
        file = kept.open("rb")
    except FileNotFoundError:
        return None
    os.utime(file.fileno())
    return file


def _fetched(shard: Shard, kept: Path) -> BinaryIO:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(kept.with_suffix(".lock")):
        if (file := _opened(kept)) is not None:
            return file
        with _room_for(shard, kept.with_suffix(PARTIAL)) as aside:
            file = aside.open("r+b")
            try:
                _fill(file, shard)
            except BaseException:
                file.close()
                raise
            with _counting(kept.parent):
                aside.replace(kept)
    return file


def _fill(file: BinaryIO, shard: Shard) -> None:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks(shard.uri):
        size += len(chunk)
        if size > shard.size:
            break
        digest.update(chunk)
        file.write(chunk)
    if (size, digest.hexdigest()) != (shard.size, shard.sha256):
        raise RemoteError(
            f"The shard {shard.uri} is not what was packed: its bytes have another SHA-256. Put "
            "back the one that was, or pack the corpus anew to another place."
        )
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _room_for(shard: Shard, aside: Path) -> Iterator[Path]:
    """A file of the shard's size, to be filled; gone afterwards unless it was given a name."""
    try:
        while not _taken(shard, aside):
            time.sleep(WAIT_SECONDS)
        yield aside
    finally:
        with _counting(aside.parent):
            aside.unlink(missing_ok=True)


def _taken(shard: Shard, aside: Path) -> bool:
    """Whether the bound had room, or others that could go for it."""
    most = bound()
    if shard.size > most:
        raise ConfigError(
            f"The shard {shard.uri} has {shard.size / 1e6:,.1f} MB, and {BOUND} lets "
            f"{most / 1e6:,.0f} MB be kept. Raise it, or pack smaller shards (--shard-mb)."
        )
    with _counting(aside.parent):
        _sweep(aside)
        used = sum(file.stat().st_size for file in _files(aside.parent))
        for file in sorted(aside.parent.glob("*.tar"), key=lambda file: file.stat().st_mtime_ns):
            if used + shard.size <= most:
                break
            used -= file.stat().st_size
            file.unlink()
        if used + shard.size > most:
            return False
        with aside.open("wb") as taken:
            os.posix_fallocate(taken.fileno(), 0, shard.size)
        return True


def _counting(folder: Path) -> FileLock:
    """Held while files come, go or are counted."""
    return FileLock(folder / "room.lock")


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.suffix in (".tar", PARTIAL)]


def _sweep(mine: Path) -> None:
    """Remove what a killed process left half fetched: nobody holds its lock."""
    for file in mine.parent.glob(f"*{PARTIAL}"):
        if file != mine:
            try:
                with FileLock(file.with_suffix(".lock"), timeout=0):
                    file.unlink(missing_ok=True)
            except Timeout:
                continue
