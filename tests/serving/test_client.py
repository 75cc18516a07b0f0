"""The client where the service is not what it should be; test_service.py has the good days."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from serving.client import Client, ServiceError


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_args):
        """Stay quiet."""


@pytest.fixture
def elsewhere():
    server = HTTPServer(("127.0.0.1", 0), _Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_another_server_is_recognised_as_such(elsewhere):
    with Client(elsewhere) as client, pytest.raises(ServiceError, match="Undertone") as refused:
        client.model()
    assert (refused.value.code, refused.value.status) == ("unknown", 404)


def test_nobody_there(elsewhere):
    with Client("http://127.0.0.1:9", timeout=2) as client:
        with pytest.raises(ServiceError, match="undertone serve") as refused:
            client.predict(text="hello")
        assert refused.value.code == "unreachable"
        with pytest.raises(ServiceError):
            client.wait_ready(0.1)
