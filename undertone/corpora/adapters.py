"""The corpora that can be ingested, by name."""

from collections.abc import Iterator

from undertone.config import CorpusParams
from undertone.corpora.base import Adapter, Item
from undertone.corpora.by_folder import read_by_folder
from undertone.corpora.emodb import read_emodb
from undertone.corpora.goemotions import read_goemotions
from undertone.corpora.meld import read_meld
from undertone.corpora.ravdess import read_ravdess
from undertone.corpora.table import read_table
from undertone.errors import CorpusError


def read_generated(params: CorpusParams) -> Iterator[Item]:
    """Speech made on the spot, see `undertone.corpora.generated`."""
    from undertone.corpora.generated import generate

    return generate(params.generated)


ADAPTERS: dict[str, Adapter] = {
    "emodb": read_emodb,
    "folder": read_by_folder,
    "generated": read_generated,
    "goemotions": read_goemotions,
    "meld": read_meld,
    "ravdess": read_ravdess,
    "table": read_table,
}
# Their speakers say the same few sentences in every emotion: the words tell nothing.
BY_VOICE_ALONE = frozenset({"emodb", "ravdess"})


def find_adapter(name: str) -> Adapter:
    """The adapter of a corpus.

    Raises:
        CorpusError: there is none of that name.
    """
    try:
        return ADAPTERS[name]
    except KeyError as error:
        known = ", ".join(ADAPTERS)
        raise CorpusError(f"There is no corpus '{name}' (corpus.name). Known: {known}.") from error
