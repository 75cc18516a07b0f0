"""Corpora made ready for the rows: ingested and heard once, kept in the working folder."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from undertone.config import Params, load_params
from undertone.corpora import ingest
from undertone.evaluation.gathering import Folders
from undertone.speech import hear


@dataclass(frozen=True)
class Setup:
    """What a run of the rows is given.

    Attributes:
        sources: folder of each corpus that has one.
        work: folder for what is kept between runs.
        seeds: of training.
        settings: changed from those of the rows.
    """

    sources: dict[str, Path]
    work: Path
    seeds: tuple[int, ...]
    settings: tuple[str, ...] = ()

    def params(
        self, corpus: str, profile: str, settings: Sequence[str] = (), over: Sequence[str] = ()
    ) -> Params:
        """The settings of a run on a corpus: a row's, over them the run's own, over them `over`."""
        source = self.sources.get(corpus)
        where = [f"corpus.path={json.dumps(str(source.resolve()))}"] if source else []
        given = [f"corpus.name={corpus}", *where, *settings, *self.settings, *over]
        return load_params(profile=profile, overrides=given)

    def ready(self, corpus: str, params: Params) -> Folders:
        """Corpus and heard folder of a corpus."""
        folders = (self.work / corpus / "corpus", self.work / corpus / "heard")
        if not folders[0].exists():
            ingest(params, folders[0])
        hear(folders[0], params, folders[1])
        return folders
