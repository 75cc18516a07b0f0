"""A local run in containers: each task in the image that a cluster would start for it."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound
from docker.types import Mount
from kfp import local
from sqlalchemy import make_url

from components.base import IMAGE
from undertone.config import Params, home
from undertone.errors import UndertoneError
from undertone.hub import MODELS_VARIABLE

PASSED = (
    "UNDERTONE_",
    "BENTOML_HOME",
    "AWS_",
    "OMP_",
    "MKL_",
    "OPENBLAS_",
)  # the last: how it computes
NETWORK = "UNDERTONE_NETWORK"


class ContainerError(UndertoneError):
    """No task can be started in a container: there is no engine, or no image that fits."""


def docker_runner(params: Params) -> local.DockerRunner:
    """KFP's runner that starts each task in a container, without a network.

    Every folder has the same path inside as outside, so that what a run writes is true in both.
    What is state is writable; data and models that the settings name are not.

    Args:
        params: the run's settings.

    Raises:
        ContainerError: no Docker Engine answers, or it has no image that fits.
    """
    _require_image()
    state = list(_state())
    for folder in state:
        folder.mkdir(parents=True, exist_ok=True)  # the engine mounts nothing that is not there
    writable = dict.fromkeys(map(str, state), False)
    read_only = dict.fromkeys(map(str, _given(params)), True)
    return local.DockerRunner(
        environment=_environment(),
        mounts=[
            Mount(path, path, type="bind", read_only=is_read_only)
            for path, is_read_only in (read_only | writable).items()
        ],
        network_mode=os.environ.get(NETWORK, "none"),
        user=f"{os.getuid()}:{os.getgid()}",
        working_dir=str(Path.cwd()),
    )


def _require_image() -> None:
    try:
        with closing(docker.from_env()) as engine:
            config = engine.images.get(IMAGE).attrs["Config"]
    except ImageNotFound:
        raise ContainerError(
            f"The Docker Engine has no image {IMAGE}. Build it with 'make images', or name another "
            "by UNDERTONE_IMAGE."
        ) from None
    except DockerException:
        raise ContainerError(
            f"No Docker Engine answers at {os.environ.get('DOCKER_HOST', 'its usual socket')}. "
            "Start one, or say where it is by DOCKER_HOST."
        ) from None
    if config.get("Entrypoint"):
        raise ContainerError(
            f"{IMAGE} has an ENTRYPOINT, which would swallow the command of every task. Name an "
            "image without one by UNDERTONE_IMAGE."
        )


def _environment() -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name.startswith(PASSED)}
    return passed | {"UNDERTONE_HOME": str(home()), "HOME": "/tmp"}  # noqa: S108


def _state() -> Iterator[Path]:
    yield home()
    if bentoml := os.environ.get("BENTOML_HOME"):
        yield Path(bentoml).absolute()
    if store := os.environ.get("UNDERTONE_STORE"):
        url = make_url(store)
        if url.get_backend_name() == "sqlite" and url.database:
            yield Path(url.database).absolute().parent


def _given(params: Params) -> Iterator[Path]:
    """What the settings name of data and models here; a name of the hub is no path."""
    names = (
        os.environ.get(MODELS_VARIABLE),
        params.listening.whisper,
        params.model.text_encoder,
        params.model.image_encoder,
        params.face.classifier,
        params.training.init,
    )
    paths = [Path(name).absolute() for name in names if name]
    if params.corpus.path:
        corpus = Path(params.corpus.path).absolute()
        paths.append(corpus if corpus.is_dir() else corpus.parent)  # a table names files beside it
    return (path for path in paths if path.exists())
