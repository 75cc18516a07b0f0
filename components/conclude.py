"""Carrying out the promotion gate's decision."""

from kfp import dsl

from components.base import component


@component
def conclude(
    params: str,
    tag: str,
    champion: str,
    decision: dsl.Input[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    retrain_key: str = "",
    retrain_token: str = "",
) -> None:
    """Promote the challenger or keep it with the reason, and close the retrain request.

    Args:
        params: the run's settings as JSON.
        tag: the challenger.
        champion: the model it was compared with.
        decision: folder of the gate's decision.
        metrics: whether it was promoted.
        retrain_key: the request that this answers; empty for a run by hand.
        retrain_token: proof that this run holds the request.
    """
    from pathlib import Path

    from monitoring.store import Store
    from serving.lifecycle import conclude
    from undertone.config import params_from_json

    promoted = conclude(
        Store(),
        champion=champion,
        challenger=tag,
        decision=Path(decision.path),
        key=retrain_key,
        token=retrain_token,
        tenant=params_from_json(params).continual.tenant,
    )
    metrics.log_metric("promoted", int(promoted))
