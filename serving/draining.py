"""Going without losing a request: on SIGTERM, whoever got through is answered first."""

import asyncio
import ctypes
import os
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DRAIN = "UNDERTONE_DRAIN_SECONDS"  # until whoever sends callers here has seen that /readyz says no
ARRIVE_S = 0.1
LINGER_S = 1.0
# Classic BPF: of what arrives at a listening socket, drop what has SYN without ACK, a new caller.
NEW_CALLERS = b"".join(
    struct.pack("HBBI", *step)
    for step in (
        (0x30, 0, 0, 13),  # load the byte of TCP's flags
        (0x54, 0, 0, 0x12),  # of them SYN and ACK
        (0x15, 0, 1, 0x02),  # SYN alone?
        (0x06, 0, 0, 0),  # drop
        (0x06, 0, 0, 0xFFFFFFFF),  # let through
    )
)
SO_ATTACH_FILTER = 26

_leaving = asyncio.Event()


def is_leaving() -> bool:
    """Whether this process was told to stop: it takes callers yet, but wants no more."""
    return _leaving.is_set()


class Server(uvicorn.Server):
    """Stops in four steps, so that no caller is cut off.

    For a while it only says that it goes. Then new callers are kept out, while those who were
    connected already are let in and heard. Then nobody listens, in the supervisor neither, which
    holds the same sockets. Then it waits for all answers.

    Where the kernel lets only the privileged keep callers out, whoever connects in the instant
    when it stops to listen is cut off: give a balancer the time to send nobody any more.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the service."""
        _leaving.set()
        await asyncio.sleep(float(os.environ.get(DRAIN, "0")))
        listening = [one for one in sockets or [] if one.family != socket.AF_UNIX]
        _keep_out_new_callers(listening)
        await asyncio.sleep(ARRIVE_S)
        for _ in range(round((LINGER_S - ARRIVE_S) / ARRIVE_S)):
            if self.server_state.connections:
                await asyncio.sleep(ARRIVE_S)
        for one in listening:
            one.shutdown(socket.SHUT_RDWR)
        await super().shutdown(sockets)


def _keep_out_new_callers(listening: Iterable[socket.socket]) -> None:
    steps = ctypes.create_string_buffer(NEW_CALLERS)
    program = struct.pack("HP", len(NEW_CALLERS) // 8, ctypes.addressof(steps))
    for one in listening:
        with suppress(PermissionError):  # recent kernels want a privilege for it
            one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


class Leaving:
    """ASGI middleware: while the service goes, an answer ends its connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start" and is_leaving():
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        await self._app(scope, receive, send_last)


def drain_on_shutdown() -> None:
    """Let the servers of this process stop by these steps: BentoML names no other way."""
    uvicorn.Server = Server  # type: ignore[misc]
