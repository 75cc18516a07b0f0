"""A corpus folder into tar shards at a URI, in WebDataset's layout.

By tarfile and fsspec: WebDataset's own writer tells neither the place of a member nor the hash of a
shard, and cannot go on where it was killed.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from pydantic import BaseModel

from undertone.errors import CorpusError, RemoteError
from undertone.files import sha256_of_file
from undertone.manifest import read_manifest
from undertone.progress import track
from undertone.remote import placing, publish, read, uri_of, write
from undertone.shards.folder import describe
from undertone.shards.members import contents, path_of, size_of
from undertone.shards.table import Shard

FOLDER, CORPUS = "shards", "corpus"
COLUMNS = ("path", "image_path")
SEED = 17
END = 2 * tarfile.BLOCKSIZE


class Packed(BaseModel):
    """A shard that was put in its place, told beside it.

    Attributes:
        plan: hash of what belongs in it.
        members: offset and size of each file, in the order of the plan.
    """

    plan: str
    shard: Shard
    members: list[tuple[int, int]]


@dataclass(frozen=True)
class Item:
    """A file of a row, the tar header that it gets, and the row's `sha256`."""

    row: int
    column: str
    file: Path
    header: tarfile.TarInfo
    sha256: str

    @property
    def cost(self) -> int:
        """Bytes in a shard."""
        return len(self.header.tobuf()) + _padded(self.header.size, tarfile.BLOCKSIZE)


def pack(corpus: Path, root: str, shard_bytes: int) -> list[Shard]:
    """Pack the recordings and images of a corpus folder into shards.

    Each shard holds utterances of one split, drawn at random by a fixed seed. What stands at
    `root` afterwards: `shards/SPLIT-NUMBER.tar`, each with a `.json` beside it, and published last
    `corpus`, a corpus folder whose manifest tells where in the shards its recordings lie. Its rows
    stand in the order of the shards. A run that broke off goes on where it was.

    Args:
        corpus: a corpus folder; one whose recordings lie in shards is packed anew.
        root: a URI or folder.
        shard_bytes: that a shard has at most.

    Returns:
        The shards.

    Raises:
        CorpusError: the corpus folder cannot be used, or a recording is larger than a shard.
        RemoteError: `root` cannot be written, or holds other shards.
    """
    root, rows = uri_of(root), _mixed(read_manifest(corpus))
    table: dict[str, Shard] = {}
    for name, items in track(_plans(rows, corpus, shard_bytes), "packing"):
        packed = _placed(items, root, name)
        table[name] = packed.shard
        for item, place in zip(items, packed.members, strict=True):
            rows.at[item.row, item.column] = path_of(name, *place, item.header.name)
    with TemporaryDirectory() as scratch:
        describe(Path(scratch), rows, table, [corpus])
        publish(Path(scratch), f"{root}/{CORPUS}")
    return list(table.values())


def _mixed(rows: pd.DataFrame) -> pd.DataFrame:
    mixed = rows.sample(frac=1, random_state=SEED)
    return mixed.sort_values("split", kind="stable", ignore_index=True)


def _plans(
    rows: pd.DataFrame, corpus: Path, shard_bytes: int
) -> Iterator[tuple[str, Sequence[Item]]]:
    """The name of each shard, and what is to be in it."""
    for split, part in rows.groupby(rows["split"].fillna("whole"), sort=False):
        utterances = (list(_items(row, corpus)) for row in part.itertuples())
        for number, items in enumerate(_filled(filter(None, utterances), shard_bytes)):
            yield f"{FOLDER}/{split}-{number:06}.tar", items


def _items(row: Any, corpus: Path) -> Iterator[Item]:
    key = row.utterance_id.replace(".", "%2E")  # WebDataset's key ends at the first dot
    for column in COLUMNS:
        if name := getattr(row, column):
            file = corpus / name
            header = tarfile.TarInfo(f"{key}{file.suffix}")
            try:
                header.size = size_of(file)
            except OSError as error:
                raise CorpusError(f"{file} cannot be read: {error.strerror}.") from error
            yield Item(row.Index, column, file, header, str(row.sha256))


def _filled(utterances: Iterable[list[Item]], shard_bytes: int) -> Iterator[list[Item]]:
    """One utterance after the other, as many as a shard holds."""
    items: list[Item] = []
    used = END
    for utterance in utterances:
        cost = sum(item.cost for item in utterance)
        if _padded(END + cost) > shard_bytes:
            raise CorpusError(
                f"{utterance[0].file} is larger than a shard of {shard_bytes:,} bytes may be. "
                "Allow larger ones (--shard-mb)."
            )
        if _padded(used + cost) > shard_bytes:
            yield items
            items, used = [], END
        items += utterance
        used += cost
    if items:
        yield items


def _padded(size: int, block: int = tarfile.RECORDSIZE) -> int:
    return -(-size // block) * block


def _placed(items: Sequence[Item], root: str, name: str) -> Packed:
    """Put a shard in its place, unless it stands there."""
    plan, uri = _plan(items), f"{root}/{name}"
    if told := read(f"{uri}.json"):
        known = Packed.model_validate_json(told)
        if known.plan != plan:
            raise RemoteError(f"{uri} holds other recordings already. Pack to another place.")
        return known
    with placing(uri) as file:
        members = _write(file, items)
        shard = Shard(uri=name, sha256=sha256_of_file(file), size=file.stat().st_size)
    packed = Packed(plan=plan, shard=shard, members=members)
    write(f"{uri}.json", packed.model_dump_json().encode())
    return packed


def _plan(items: Sequence[Item]) -> str:
    digest = hashlib.sha256()
    for item in items:
        digest.update(item.header.tobuf() + item.sha256.encode())
    return digest.hexdigest()


def _write(file: Path, items: Sequence[Item]) -> list[tuple[int, int]]:
    with tarfile.open(file, "w") as shard:
        for item in items:
            shard.addfile(item.header, io.BytesIO(contents(item.file)))
    with tarfile.open(file) as shard:
        return [(member.offset_data, member.size) for member in shard]
