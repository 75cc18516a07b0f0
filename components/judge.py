"""The promotion gate."""

from kfp import dsl

from components.base import component


@component
def judge(
    params: str,
    champion: dsl.Input[dsl.Model],
    challenger: dsl.Input[dsl.Model],
    old_corpus: dsl.Input[dsl.Dataset],
    old_heard: dsl.Input[dsl.Dataset],
    new_corpus: dsl.Input[dsl.Dataset],
    new_heard: dsl.Input[dsl.Dataset],
    decision: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Compare champion and challenger on the old test split and on the new domain's holdout.

    Args:
        params: the run's settings as JSON.
        champion: the champion's bundle.
        challenger: the challenger's bundle.
        old_corpus: the corpus folder the champion was trained on.
        old_heard: the heard folder of that corpus.
        new_corpus: labelled live traffic as a corpus folder.
        new_heard: its heard folder.
        decision: the folder that `decision.json` is written to.
        metrics: UAR before and after on both domains.
    """
    from pathlib import Path

    from undertone.config import params_from_json
    from undertone.continual import judge

    said = judge(
        Path(champion.path),
        Path(challenger.path),
        (Path(old_corpus.path), Path(old_heard.path)),
        (Path(new_corpus.path), Path(new_heard.path)),
        params_from_json(params),
        Path(decision.path),
    )
    for name in ("old_before", "old_after", "new_before", "new_after"):
        metrics.log_metric(name, getattr(said, name))
