"""A corpus folder of what was packed at one URI, or at several."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from undertone.errors import CorpusError
from undertone.files import replacing_folder
from undertone.manifest import read_manifest
from undertone.remote import fetch, uri_of
from undertone.shards.folder import describe
from undertone.shards.packing import COLUMNS, CORPUS, FOLDER
from undertone.shards.table import Shard, read_table


def fetch_corpus(roots: Sequence[str], out: Path) -> int:
    """Bring what describes packed corpora here, as one corpus folder; the recordings stay there.

    Parts that were packed one after the other, each too large for the disk beside the others, so
    become one corpus. Speakers must not stand in the training split of one and the test split of
    another: training refuses that.

    Args:
        roots: URIs or folders where they were packed.
        out: the corpus folder to write; one that stands there is replaced.

    Returns:
        How many utterances it has.

    Raises:
        CorpusError: two parts have an utterance of the same id.
        RemoteError: nothing whole was packed there, or it cannot be read.
    """
    with TemporaryDirectory() as scratch, replacing_folder(out) as aside:
        folders = [Path(scratch) / str(number) for number in range(len(roots))]
        table: dict[str, Shard] = {}
        frames = []
        for number, (root, folder) in enumerate(zip(map(uri_of, roots), folders, strict=True)):
            fetch(f"{root}/{CORPUS}", folder)
            own = f"{FOLDER}-{number}" if number else FOLDER
            table |= {
                name.replace(FOLDER, own, 1): shard.model_copy(update={"uri": f"{root}/{name}"})
                for name, shard in read_table(folder).items()
            }
            frames.append(_moved(read_manifest(folder), own))
        frame = _joined(frames)
        describe(aside, frame, table, folders)
    return len(frame)


def _moved(rows: pd.DataFrame, own: str) -> pd.DataFrame:
    moved = {name: rows[name].str.replace(FOLDER, own, n=1, regex=False) for name in COLUMNS}
    return rows.assign(**moved)


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All rows, those of a split together, so that they are read shard by shard."""
    frame = pd.concat(frames, ignore_index=True)
    twice = frame["utterance_id"][frame["utterance_id"].duplicated()]
    if len(twice):
        raise CorpusError(
            f"{len(twice)} utterances stand in more than one of these corpora, {twice.iloc[0]} "
            "first. Fetch each of them to a folder of its own."
        )
    return frame.sort_values("split", kind="stable", ignore_index=True)
