"""Fine-tuning: from heard speech to a model bundle."""

from kfp import dsl

from components.base import component


@component
def finetune(
    params: str,
    corpus: dsl.Input[dsl.Dataset],
    heard: dsl.Input[dsl.Dataset],
    bundle: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Fine-tune the fused model on the training speakers, choosing on the validation speakers.

    Args:
        params: the run's settings as JSON.
        corpus: a corpus folder.
        heard: its heard folder.
        bundle: the model bundle that is written.
        metrics: figures of the training run.
    """
    from pathlib import Path

    from undertone.config import params_from_json
    from undertone.training import finetune

    report = finetune(
        Path(corpus.path), Path(heard.path), params_from_json(params), Path(bundle.path)
    )
    for name, value in report.metrics().items():
        metrics.log_metric(name, value)
