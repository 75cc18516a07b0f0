"""The trigger: at most one run gets a retrain that a verdict asked for."""

from kfp import dsl

from components.base import component


@component
def claim_retrain(params: str, key: dsl.OutputPath(str), token: dsl.OutputPath(str)) -> int:  # type: ignore[valid-type]
    """Claim the retrain that is due, if there is one and enough of its traffic is labelled.

    Args:
        params: the run's settings as JSON.
        key: file for the request's key; empty without a claim.
        token: file for the proof of the claim; empty without one.

    Returns:
        1 if this run is to retrain, else 0. It is the return value because a local run of KFP
        resolves conditions on nothing else.
    """
    from pathlib import Path

    from monitoring.store import Store
    from monitoring.trigger import claim
    from undertone.config import params_from_json

    got = claim(Store(), params_from_json(params))
    for file, value in ((key, got.key if got.go else ""), (token, got.token)):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(value, encoding="utf-8")
    return got.go
