"""Containers as an operator would start them: nothing but /tmp and the state can be written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from docker import DockerClient
from docker.models.containers import Container

CONFINED = {
    "read_only": True,
    "tmpfs": {"/tmp": ""},
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
}


@contextmanager
def running(engine: DockerClient, image: str, command: Any = None, **options: Any):
    """A container that goes on in the background; what it said is printed at the end."""
    started = engine.containers.run(image, command, detach=True, **(CONFINED | options))
    try:
        started.reload()
        yield started
    finally:
        print(started.logs().decode())
        started.remove(force=True)


@contextmanager
def volume(engine: DockerClient) -> Iterator[dict[str, dict[str, str]]]:
    """A new volume for the state, in the shape that `volumes` takes."""
    made = engine.volumes.create()
    try:
        yield {made.name: {"bind": "/var/lib/undertone", "mode": "rw"}}
    finally:
        made.remove(force=True)


def address(container: Container) -> str:
    """Where the service of a container is reached without a proxy between."""
    return f"http://{container.attrs['NetworkSettings']['IPAddress']}:3000"


def published(container: Container) -> str:
    """Where it is reached by the port that it publishes."""
    (port,) = container.attrs["NetworkSettings"]["Ports"]["3000/tcp"]
    return f"http://127.0.0.1:{port['HostPort']}"
