"""Collecting: from feedback on live traffic to a corpus folder."""

from typing import NamedTuple

from kfp import dsl

from components.base import component


@component
def collect_feedback(
    params: str,
    corpus: dsl.Output[dsl.Dataset],
) -> NamedTuple("Collected", [("utterances", int), ("rejects", int)]):  # type: ignore[valid-type]
    """Write the labelled predictions of the champion, or of a tenant, as a corpus folder.

    Args:
        params: the run's settings as JSON.
        corpus: the corpus folder that is written.

    Returns:
        How many utterances were kept and how many were refused.
    """
    from pathlib import Path

    from monitoring.labelled import collect_feedback
    from monitoring.store import Store
    from undertone.config import params_from_json

    settings = params_from_json(params)
    report = collect_feedback(
        Store(),
        Path(corpus.path),
        language=settings.listening.language,
        audio=settings.audio,
        feedback=settings.feedback,
        tenant=settings.continual.tenant,
    )
    return (report.utterances, report.rejects)
