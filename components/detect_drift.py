"""The drift gate on live traffic."""

from typing import NamedTuple

from kfp import dsl

from components.base import component


@component
def detect_drift(
    params: str, report: dsl.Output[dsl.HTML], metrics: dsl.Output[dsl.Metrics]
) -> NamedTuple("Seen", [("verdict", int)]):  # type: ignore[valid-type]
    """Judge the champion's traffic since the last window.

    Args:
        params: the run's settings as JSON.
        report: the page for people.
        metrics: the verdict and its evidence.

    Returns:
        0 steady, 1 not enough data, 2 the mix changed, 3 the input changed, 4 both.
    """
    from pathlib import Path

    from monitoring.monitor import monitor_champion
    from monitoring.store import Store
    from undertone.config import params_from_json

    report.uri += ".html"
    seen = monitor_champion(Store(), params_from_json(params), Path(report.path))
    for name, value in seen.metrics().items():
        metrics.log_metric(name, value)
    return (seen.verdict,)
