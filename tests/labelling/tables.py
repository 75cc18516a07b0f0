"""Small tables for labelling."""

from pathlib import Path

import pandas as pd

from undertone.corpora.base import SourceUtterance


def utterance(name: str, text: str | None = "so it goes", emotion: str = "") -> SourceUtterance:
    return SourceUtterance(name, "table", f"speaker-{name}", "en", emotion, text=text)


def write_table(path: Path, rows: list[dict[str, str]]) -> Path:
    pd.DataFrame(rows).to_csv(path, index=False)
    return path
