"""Evaluation on the test speakers."""

from kfp import dsl

from components.base import component


@component
def evaluate(
    bundle: dsl.Input[dsl.Model],
    corpus: dsl.Input[dsl.Dataset],
    heard: dsl.Input[dsl.Dataset],
    evaluation: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    confusion: dsl.Output[dsl.ClassificationMetrics],
) -> None:
    """Score a bundle on the test split.

    Args:
        bundle: a model bundle.
        corpus: a corpus folder.
        heard: its heard folder.
        evaluation: the evaluation folder that is written.
        metrics: UAR with its interval, accuracy, F1 and ECE.
        confusion: the confusion matrix, rows true and columns predicted.
    """
    from pathlib import Path

    from undertone.evaluation import evaluate

    scores = evaluate(Path(bundle.path), Path(corpus.path), Path(heard.path), Path(evaluation.path))
    for name, value in scores.metrics().items():
        metrics.log_metric(name, value)
    confusion.log_confusion_matrix(scores.labels, scores.confusion)
