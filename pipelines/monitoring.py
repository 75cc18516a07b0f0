"""From live traffic to a verdict, and from a verdict to at most one retrain."""

from kfp import dsl

from components.claim_retrain import claim_retrain
from components.detect_drift import detect_drift
from pipelines.continual import continual


@dsl.pipeline(name="undertone-monitoring")
def monitoring(params: str) -> None:
    """Judge the traffic since the last window; start the retrain that a verdict asked for.

    A retrain waits until enough feedback is there, so the run that claims one may come after the
    run that found the drift.

    Args:
        params: the run's settings as JSON (`undertone.config.Params`).
    """
    seen = detect_drift(params=params).set_caching_options(False)
    claim = claim_retrain(params=params).after(seen).set_caching_options(False)
    with dsl.If(claim.outputs["Output"] == 1):
        continual(
            params=params,
            retrain_key=claim.outputs["key"],
            retrain_token=claim.outputs["token"],
        )
