"""A stand-in for a language model behind an OpenAI-compatible endpoint."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class StandIn(ThreadingHTTPServer):
    """Answers one thing after the other, the last for ever, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, *answers: tuple[int, Any] | float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        place = min(len(self.server.asked), len(self.server.answers) - 1)
        self.server.asked.append(json.loads(body) | {"path": self.path})
        self.server.keys.append(self.headers.get("Authorization"))
        answer = self.server.answers[place]
        if isinstance(answer, float):
            time.sleep(answer)
            return
        status, content = answer
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        pass


def answer(content: str) -> tuple[int, Any]:
    return 200, {"choices": [{"message": {"role": "assistant", "content": content}}]}


@contextmanager
def stand_ins() -> Iterator[Callable[..., StandIn]]:
    """Starts stand-ins that answer as told; they end with the block."""
    started: list[StandIn] = []

    def start(*answers: tuple[int, Any] | float) -> StandIn:
        started.append(StandIn(*answers))
        threading.Thread(target=started[-1].serve_forever, daemon=True).start()
        return started[-1]

    yield start
    for server in started:
        server.shutdown()
        server.server_close()
