"""Start the service as an operator would, with everything that phones home switched off."""

import os
import sys
from ipaddress import ip_address
from pathlib import Path

from monitoring.store import Store
from serving.access.tokens import Tokens
from serving.observability.traces import tracing_config
from serving.registry import bentoml_home
from undertone import telemetry
from undertone.config import AccessParams, load_params
from undertone.errors import ConfigError

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
        ConfigError: the settings are not valid, or callers need a key and there is none.
    """
    access = load_params(params, profile=profile).access
    required = not _is_here(host) if access.required is None else access.required
    _require_callers(access, required=required)
    tracing_config()
    telemetry.switch_off()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["UNDERTONE_PARAMS"] = str(params.resolve()) if params else ""
    os.environ["UNDERTONE_PROFILE"] = profile or ""
    os.environ["UNDERTONE_OPEN"] = "" if required else "1"
    bentoml_home().mkdir(parents=True, exist_ok=True)
    command = ["-m", "bentoml", "serve", SERVICE, "--host", host, "--port", str(port)]
    os.execv(sys.executable, [sys.executable, *command])  # noqa: S606


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _require_callers(access: AccessParams, *, required: bool) -> None:
    if access.oidc:
        Tokens(access.oidc)
    elif required and not any(key.refusal() is None for key in Store().api_keys()):
        raise ConfigError(
            "Callers need a key here, and there is none. Make one with 'undertone keys create', "
            "set access.oidc, listen on 127.0.0.1 alone, or set access.required to false to let "
            "everyone in."
        )
