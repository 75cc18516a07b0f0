"""Where a recording lies in a shard, as a path: `CORPUS/shards/NAME.tar/OFFSET+SIZE/u1.flac`.

Such a path stands in the manifest and goes wherever that of a file goes. Whoever opens one asks for
its `contents`.
"""

import re
from pathlib import Path
from typing import NamedTuple

from undertone.shards.cache import open_shard

SPAN = re.compile(r"(\d+)\+(\d+)")


class Member(NamedTuple):
    """A stretch of bytes in a shard, whose path is a name and no file."""

    shard: Path
    offset: int
    size: int


def path_of(shard: str, offset: int, size: int, name: str) -> str:
    """The path of a member, within the corpus folder as that of the shard is."""
    return f"{shard}/{offset}+{size}/{name}"


def member_of(path: Path) -> Member | None:
    """The member of a shard that a path names, or none where it names a file."""
    span, shard = SPAN.fullmatch(path.parent.name), path.parent.parent
    return Member(shard, *map(int, span.groups())) if span and shard.suffix == ".tar" else None


def contents(path: Path, most: int = -1) -> bytes:
    """The bytes of a file, or of a recording in a shard, up to `most` where that is not negative.

    Raises:
        OSError: the file cannot be read.
        RemoteError: the shard cannot be had.
    """
    member = member_of(path)
    if member is None:
        with path.open("rb") as file:
            return file.read(most)
    with open_shard(member.shard) as shard:
        shard.seek(member.offset)
        return shard.read(member.size if most < 0 else min(most, member.size))


def size_of(path: Path) -> int:
    """Bytes of a file, or of a recording in a shard."""
    member = member_of(path)
    return path.stat().st_size if member is None else member.size
