"""Ingestion: from a corpus as distributed to a checked corpus folder."""

from typing import NamedTuple

from kfp import dsl

from components.base import component


@component
def ingest(
    params: str,
    corpus: dsl.Output[dsl.Dataset],
) -> NamedTuple("Ingested", [("utterances", int), ("rejects", int)]):  # type: ignore[valid-type]
    """Read, check and split a corpus.

    Args:
        params: the run's settings as JSON.
        corpus: the corpus folder that is written.

    Returns:
        How many utterances were kept and how many rows were refused.
    """
    from pathlib import Path

    from undertone.config import params_from_json
    from undertone.corpora import ingest

    report = ingest(params_from_json(params), Path(corpus.path))
    corpus.metadata["data_revision"] = report.data_revision
    corpus.metadata["split_hash"] = report.split_hash
    return (report.utterances, report.rejects)
