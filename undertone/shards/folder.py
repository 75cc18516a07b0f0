"""A corpus folder without its recordings, which lie in shards."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from undertone.corpora.base import Reject
from undertone.corpora.intake import INFO, REJECTS, identity_of, report_on, write_rejects
from undertone.files import write_json
from undertone.manifest import write_manifest
from undertone.shards.table import Table, write_table


def describe(out: Path, rows: pd.DataFrame, table: Table, sources: Sequence[Path]) -> None:
    """Write a corpus folder.

    Args:
        out: the folder, which exists.
        rows: its manifest; paths are those of members of shards.
        table: the shards.
        sources: corpus folders that it comes from, whose rejects it tells.
    """
    write_manifest(out, rows)
    write_table(out, table)
    told = [folder / REJECTS for folder in sources if (folder / REJECTS).is_file()]
    tables = [pd.read_csv(file, dtype=str) for file in told]
    rejects = [Reject(*row) for found in tables for row in found.itertuples(index=False)]
    write_rejects(out / REJECTS, rejects)
    name = "+".join(sorted(set(rows["corpus"])))
    write_json(out / INFO, identity_of(name, rows, report_on(rows, len(rejects))))
