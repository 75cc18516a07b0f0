import os
import sys

import pytest

from serving.run import serve
from undertone.errors import ConfigError


@pytest.fixture
def started(monkeypatch, tmp_path):
    """What would have been run, and in which environment."""
    calls = []
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "environ", dict(os.environ))
    os.environ.pop("BENTOML_HOME", None)
    monkeypatch.setattr(os, "execv", lambda path, arguments: calls.append((path, arguments)))
    return calls


def test_the_process_becomes_bentoml(started, tmp_path):
    settings = tmp_path / "params.yaml"
    settings.write_text("profile: base")
    serve(host="127.0.0.1", port=4000, params=settings)
    [(path, arguments)] = started
    assert path == sys.executable
    assert arguments[1:5] == ["-m", "bentoml", "serve", "serving.service:Undertone"]
    assert arguments[-4:] == ["--host", "127.0.0.1", "--port", "4000"]
    assert os.environ["UNDERTONE_PARAMS"] == str(settings)
    assert os.environ["BENTOML_HOME"] == str(tmp_path / "bentoml")
    assert os.environ["DO_NOT_TRACK"] == "1"


def test_wrong_settings_are_told_before_anything_starts(started, tmp_path):
    with pytest.raises(ConfigError):
        serve(params=tmp_path / "missing.yaml")
    assert started == []
