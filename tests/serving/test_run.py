import os
import sys

import pytest

from monitoring.store import Store
from serving.run import serve
from undertone.errors import ConfigError


@pytest.fixture
def started(monkeypatch, tmp_path):
    """What would have been run, and in which environment."""
    calls = []
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    monkeypatch.delenv("UNDERTONE_STORE", raising=False)
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
    assert os.environ["UNDERTONE_OPEN"] == "1"


def test_wrong_settings_are_told_before_anything_starts(started, tmp_path):
    with pytest.raises(ConfigError):
        serve(params=tmp_path / "missing.yaml")
    assert started == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "voice.example"])
def test_other_machines_are_let_in_by_a_key_alone(started, host):
    with pytest.raises(ConfigError, match="undertone keys create"):
        serve(host=host)
    store = Store()
    store.create_key("web", ["predict"], by="me")
    serve(host=host)
    assert os.environ["UNDERTONE_OPEN"] == ""
    store.revoke_key("web", by="me")
    store.close()
    with pytest.raises(ConfigError):
        serve(host=host)
    assert len(started) == 1


@pytest.mark.parametrize(
    ("host", "required", "is_open"),
    [("0.0.0.0", "false", "1"), ("127.0.0.1", "null", "1"), ("localhost", "null", "1")],
)
def test_the_operator_may_say_otherwise(started, tmp_path, host, required, is_open):
    settings = tmp_path / "params.yaml"
    settings.write_text(f"access: {{required: {required}}}")
    serve(host=host, params=settings)
    assert os.environ["UNDERTONE_OPEN"] == is_open


def test_keys_can_be_required_here_too(started, tmp_path):
    settings = tmp_path / "params.yaml"
    settings.write_text("access: {required: true}")
    with pytest.raises(ConfigError, match="there is none"):
        serve(params=settings)


def test_a_wrong_provider_is_told_before_anything_starts(started, tmp_path):
    settings = tmp_path / "params.yaml"
    settings.write_text("access: {oidc: {issuer: a, audience: b, keys: missing.json}}")
    with pytest.raises(ConfigError, match=r"missing\.json"):
        serve(host="0.0.0.0", params=settings)
