"""Keep every dependency from phoning home or reaching a model hub unasked."""

import os

OFF = {
    "DO_NOT_TRACK": "1",
    "BENTOML_DO_NOT_TRACK": "True",
    "DVC_NO_ANALYTICS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def switch_off() -> None:
    """Set the opt-out variables of all dependencies, without overriding the operator's own."""
    for name, value in OFF.items():
        os.environ.setdefault(name, value)
