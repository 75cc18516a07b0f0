"""The service as a process of its own, as an operator would run it."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from serving.client import Client

READY_S = 90.0
STOP_S = 20.0


@contextmanager
def running_service(log: Path) -> Iterator["Client"]:
    """Start `undertone serve` on a free port and yield a client once it is ready.

    Args:
        log: takes what the service prints.
    """
    from serving.client import Client

    port = _free_port()
    command = [sys.executable, "-m", "cli", "serve", "--profile", "demo", "--port", str(port)]
    with log.open("a", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)  # noqa: S603
    try:
        with Client(f"http://127.0.0.1:{port}") as client:
            client.wait_ready(READY_S)
            yield client
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
