"""Collecting: from feedback on live traffic to a corpus folder."""

from typing import NamedTuple

from kfp import dsl

from components.base import component


@component
def collect_feedback(
    corpus: dsl.Output[dsl.Dataset],
) -> NamedTuple("Collected", [("utterances", int), ("rejects", int)]):  # type: ignore[valid-type]
    """Write the labelled predictions of the champion as a corpus folder.

    Args:
        corpus: the corpus folder that is written.

    Returns:
        How many utterances were kept and how many were refused.
    """
    from pathlib import Path

    from monitoring.labelled import collect_feedback
    from monitoring.store import Store

    report = collect_feedback(Store(), Path(corpus.path))
    return (report.utterances, report.rejects)
