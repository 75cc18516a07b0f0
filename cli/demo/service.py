"""The service as a process of its own, as an operator would run it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from undertone.files import write_text

if TYPE_CHECKING:
    from serving.client import Client

READY_S = 90.0
STOP_S = 20.0


MODULE = "serving.service"


@contextmanager
def running_service(folder: Path) -> Iterator["Client"]:
    """Start `undertone serve` on a free port and yield a client once it is ready.

    Args:
        folder: takes `service.log`, and `service.pid` while the service runs.
    """
    from serving.client import Client

    pid_file = folder / "service.pid"
    _stop_orphan(pid_file)
    port = _free_port()
    command = [sys.executable, "-m", "cli", "serve", "--profile", "demo", "--port", str(port)]
    with (folder / "service.log").open("a", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)  # noqa: S603
    write_text(pid_file, str(process.pid))
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
        pid_file.unlink()


def _stop_orphan(pid_file: Path) -> None:
    """End the service that a killed demo left running."""
    if not pid_file.is_file():
        return
    pid = int(pid_file.read_text(encoding="utf-8"))
    command = Path(f"/proc/{pid}/cmdline")
    if command.is_file() and MODULE in command.read_text(encoding="utf-8"):
        os.kill(pid, signal.SIGTERM)
    pid_file.unlink()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
