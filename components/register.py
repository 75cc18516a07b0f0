"""Registration: from a scored bundle to a tag in the registry."""

from typing import NamedTuple

from kfp import dsl

from components.base import component


@component
def register(
    run_id: str,
    bundle: dsl.Input[dsl.Model],
    evaluation: dsl.Input[dsl.Artifact],
    corpus: dsl.Input[dsl.Dataset],
    heard: dsl.Input[dsl.Dataset],
    parent: str = "",
    retrain_key: str = "",
) -> NamedTuple("Registered", [("tag", str)]):  # type: ignore[valid-type]
    """Register a bundle with its evaluation and lineage.

    Args:
        run_id: the pipeline run.
        bundle: a model bundle.
        evaluation: its evaluation folder.
        corpus: the corpus folder it was trained on.
        heard: the heard folder of that corpus.
        parent: tag of the champion it was retrained from, if any.
        retrain_key: the verdict that asked for the retrain, if any.

    Returns:
        Its tag.
    """
    from pathlib import Path

    from monitoring.store import Store
    from serving.lifecycle import register_run

    tag = register_run(
        Store(),
        bundle=Path(bundle.path),
        evaluation=Path(evaluation.path),
        corpus=Path(corpus.path),
        heard=Path(heard.path),
        run_id=run_id,
        parent=parent or None,
        verdict_id=retrain_key or None,
    )
    return (tag,)
