"""Which shards a corpus folder has, and where they lie."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from undertone.errors import CorpusError
from undertone.files import write_text

FILE = "shards.json"


class Shard(BaseModel, frozen=True, extra="forbid"):
    """A tar file.

    Attributes:
        uri: where it lies; in a published folder, beside that.
        sha256: of its bytes, in hex.
        size: in bytes.
    """

    uri: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size: int = Field(gt=0)


Table = Mapping[str, Shard]
_READER = TypeAdapter(dict[str, Shard])


@lru_cache
def read_table(corpus: Path) -> Table:
    """The shards of a corpus folder, by their path in it.

    Raises:
        CorpusError: it has no such table, or a broken one.
    """
    try:
        return _READER.validate_json((corpus / FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise CorpusError(
            f"{corpus} does not tell where its shards lie: {FILE} cannot be read. Fetch it anew "
            f"('undertone corpora fetch'). {error}"
        ) from error


def write_table(corpus: Path, table: Table) -> None:
    """Write the table of a corpus folder."""
    write_text(corpus / FILE, _READER.dump_json(dict(table), indent=2).decode() + "\n")


def shard_at(path: Path) -> Shard:
    """The shard that a corpus folder has under a path.

    Raises:
        CorpusError: it has none there.
    """
    corpus, name = path.parent.parent, f"{path.parent.name}/{path.name}"
    found = read_table(corpus).get(name)
    if found is None:
        raise CorpusError(f"{corpus / FILE} tells of no shard {name}. Fetch the corpus anew.")
    return found
