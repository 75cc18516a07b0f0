"""Continual learning: from the champion and labelled traffic to a challenger."""

from kfp import dsl

from components.base import component


@component
def retrain(
    params: str,
    champion: dsl.Input[dsl.Model],
    old_corpus: dsl.Input[dsl.Dataset],
    old_heard: dsl.Input[dsl.Dataset],
    new_corpus: dsl.Input[dsl.Dataset],
    new_heard: dsl.Input[dsl.Dataset],
    challenger: dsl.Output[dsl.Model],
    corpus: dsl.Output[dsl.Dataset],
    heard: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Retrain the champion on new-domain speech, replaying the old.

    Args:
        params: the run's settings as JSON.
        champion: the champion's bundle.
        old_corpus: the corpus folder it was trained on.
        old_heard: the heard folder of that corpus.
        new_corpus: labelled live traffic as a corpus folder.
        new_heard: its heard folder.
        challenger: the bundle that is written.
        corpus: the corpus folder that it remembers, old and new.
        heard: the heard folder of that corpus.
        metrics: figures of the training run.
    """
    from pathlib import Path

    from undertone.config import params_from_json
    from undertone.continual import retrain

    report = retrain(
        Path(champion.path),
        (Path(old_corpus.path), Path(old_heard.path)),
        (Path(new_corpus.path), Path(new_heard.path)),
        params_from_json(params),
        Path(challenger.path),
        (Path(corpus.path), Path(heard.path)),
    )
    for name, value in report.metrics().items():
        metrics.log_metric(name, value)
