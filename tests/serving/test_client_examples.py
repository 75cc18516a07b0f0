"""The examples, run as a reader would run them, against a running service."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from serving_harness import live_service

from undertone.audio import from_pcm16, wav

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
ANGRY = r"anger \(1\.00\)"


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with live_service(tmp_path_factory.mktemp("live")) as live:
        live.wait_alive()
        live.registry.promote(live.register("anger"), "first")
        live.client.wait_ready(60)
        yield live


@pytest.fixture
def recording(tmp_path, sentences, pause):
    samples = np.concatenate([sentences[0], pause, sentences[1]])
    path = tmp_path / "recording.wav"
    path.write_bytes(wav(from_pcm16(samples).samples))
    return path


def run(*command, fails=False):
    """What a command printed."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        list(map(str, command)),
        env=environment,
        cwd=Path(command[1]).parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def tool(name, package):
    found = shutil.which(name)
    assert found, f"The examples are tested with {name}. On Debian: apt-get install {package}"
    return found


def node_version():
    version = subprocess.check_output([tool("node", "nodejs"), "--version"], text=True)
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def test_curl(live, recording):
    tool("curl", "curl")
    said = run("sh", EXAMPLES / "predict.sh", recording, live.url)
    prediction_id = re.search(r'"prediction_id": *"(\w+)"', said)[1]
    frame = live.store.labelled().frame.set_index("id")
    assert frame.loc[prediction_id, "feedback_emotion"] == "anger"


def test_javascript(live, recording):
    node = tool("node", "nodejs")
    assert re.search(ANGRY, run(node, EXAMPLES / "predict.mjs", recording, live.url))
    empty = recording.with_name("empty.wav")
    empty.touch()
    refused = run(node, EXAMPLES / "predict.mjs", empty, live.url, fails=True)
    assert "unprocessable: audio is an empty file." in refused


def test_javascript_streams_where_node_has_a_websocket(live, recording):
    node, version = tool("node", "nodejs"), node_version()
    url = live.url.replace("http", "ws")
    if version < (20, 10):
        said = run(node, EXAMPLES / "stream.mjs", recording, url, fails=True)
        assert "no WebSocket" in said
        return
    flags = [] if version >= (22, 0) else ["--experimental-websocket"]
    command = ["env", f"NODE_OPTIONS={' '.join(flags)}", node]
    said = run(*command, EXAMPLES / "stream.mjs", recording, url)
    assert said.count("s: anger") == 2
    assert "so far: anger" in said
    assert "2 utterances" in said


def test_python(live, recording):
    assert re.search(ANGRY, run(sys.executable, EXAMPLES / "predict.py", recording, live.url))
    nobody = run(
        sys.executable, EXAMPLES / "predict.py", recording, "http://127.0.0.1:9", fails=True
    )
    assert nobody.startswith("error: ")
    assert "undertone serve" in nobody


def test_python_side_by_side(live, recording):
    missing = recording.with_name("none.txt")
    missing.write_text("no sound")
    said = run(
        sys.executable, EXAMPLES / "predict_many.py", live.url, recording, recording, missing
    )
    assert len(re.findall(ANGRY, said)) == 3


def test_python_streams(live, recording):
    said = run(sys.executable, EXAMPLES / "stream.py", recording, live.url)
    assert said.count("s: anger") == 2
    assert "so far: anger" in said


def test_a_client_can_be_generated_from_the_description(live, recording, tmp_path):
    generator = Path(sys.executable).with_name("datamodel-codegen")
    models = tmp_path / "undertone_models.py"
    description = tmp_path / "docs.json"
    description.write_bytes(live.client._http.get("/docs.json").content)
    options = ["--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel"]
    options += ["--use-annotated", "--formatters", "builtin"]
    run(generator, "--input", description, *options, "--output", models)
    example = shutil.copy(EXAMPLES / "generated.py", tmp_path)
    assert re.search(ANGRY, run(sys.executable, example, recording, live.url))
    empty = recording.with_name("empty.wav")
    empty.touch()
    refused = run(sys.executable, example, empty, live.url, fails=True)
    assert "unprocessable" in refused
