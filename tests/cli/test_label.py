import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from cli.main import app

TABLE = "speaker_id,emotion,text\na,anger,leave me\nb,sadness,all is gone\nc,,stop that\nd,,well\n"


class Handler(http.server.BaseHTTPRequestHandler):
    """Is sure of one text and not of the other."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sure = 0.9 if body["messages"][-1]["content"] == "stop that" else 0.2
        said = json.dumps({"emotion": "anger", "confidence": sure})
        sent = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


def test_prompting_an_endpoint_writes_a_corpus_table(tmp_path: Path, url: str) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    out = tmp_path / "out.csv"
    command = ["label", "prompt", str(tmp_path / "t.csv"), "--out", str(out), "--model", "m"]
    result = CliRunner().invoke(app, [*command, "--endpoint", url])
    assert result.exit_code == 0, result.output
    labels = pd.read_csv(out)
    assert labels[["speaker_id", "emotion", "text"]].values.tolist() == [
        ["c", "anger", "stop that"]
    ]
    refused = pd.read_csv(tmp_path / "out.refused.csv")
    assert refused["reason"].tolist() == [
        "anger with a confidence of 0.200, below the floor of 0.5"
    ]
