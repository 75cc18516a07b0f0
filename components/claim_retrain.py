"""The trigger: at most one run gets a retrain that a verdict asked for."""

from typing import NamedTuple

from components.base import component


@component
def claim_retrain(
    params: str,
) -> NamedTuple("Claim", [("claimed", int), ("key", str), ("token", str)]):  # type: ignore[valid-type]
    """Claim the retrain that is due, if there is one and enough of its traffic is labelled.

    Args:
        params: the run's settings as JSON.

    Returns:
        1 and the request's key and token, or 0 and two empty strings.
    """
    from monitoring.store import Store
    from monitoring.trigger import claim
    from undertone.config import params_from_json

    got = claim(Store(), params_from_json(params))
    return (int(got.go), got.key, got.token)
