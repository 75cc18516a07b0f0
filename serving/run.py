"""Start the service as an operator would, with everything that phones home switched off."""

import os
import sys
from pathlib import Path

from serving.registry import bentoml_home
from undertone import telemetry
from undertone.config import load_params

SERVICE = "serving.service:Undertone"


def serve(
    host: str = "127.0.0.1",
    port: int = 3000,
    profile: str | None = None,
    params: Path | None = None,
) -> None:
    """Become the service: this process is replaced by BentoML's supervisor.

    Args:
        host: the address to listen on.
        port: the port to listen on.
        profile: a profile of settings that replaces the file's own.
        params: a `params.yaml`.

    Raises:
        ConfigError: the settings are not valid.
    """
    load_params(params, profile=profile)
    telemetry.switch_off()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["UNDERTONE_PARAMS"] = str(params.resolve()) if params else ""
    os.environ["UNDERTONE_PROFILE"] = profile or ""
    bentoml_home().mkdir(parents=True, exist_ok=True)
    command = ["-m", "bentoml", "serve", SERVICE, "--host", host, "--port", str(port)]
    os.execv(sys.executable, [sys.executable, *command])  # noqa: S606
