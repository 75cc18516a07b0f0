"""The first model becomes champion; a later one waits as challenger."""

from kfp import dsl

from components.base import component


@component
def promote_first(tag: str, metrics: dsl.Output[dsl.Metrics]) -> None:
    """Point champion or challenger at a freshly trained model.

    Args:
        tag: a registered model.
        metrics: whether it became champion.
    """
    from monitoring.store import Store
    from serving.lifecycle import promote_first
    from serving.registry import Registry

    metrics.log_metric("champion", int(promote_first(Registry(Store()), tag)))
