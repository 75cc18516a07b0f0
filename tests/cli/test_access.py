"""Keys, permissions and forgetting from the command line."""

import pytest
from typer.testing import CliRunner

from cli.main import app
from monitoring.store import ConflictError, Store
from undertone.errors import ConfigError, StoreError


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    monkeypatch.delenv("UNDERTONE_STORE", raising=False)
    monkeypatch.chdir(tmp_path)
    store = Store()
    yield store
    store.close()


def undertone(*arguments):
    return CliRunner().invoke(app, arguments, terminal_width=200)


def test_a_key_is_printed_once(store):
    made = undertone("keys", "create", "--name", "web", "--scope", "predict", "--rate", "5")
    assert made.exit_code == 0
    key = made.stdout.strip()
    assert store.find_key(key).rate_per_minute == 5
    listed = undertone("keys", "list").stdout
    assert "web" in listed
    assert key.split("_", 2)[2] not in listed
    assert isinstance(
        undertone("keys", "create", "--name", "web", "--scope", "admin").exception, ConflictError
    )
    undertone("keys", "revoke", "web", "--by", "ops")
    assert store.api_keys()[0].refusal() == "revoked"
    assert store.audit()[-1].by == "ops"


def test_a_permission_is_given_shown_and_taken_back(store):
    use = ("--role", "agent", "--purpose", "safety")
    basis = ("--basis", "safety", "--reason", "fatigue", "--by", "officer")
    assert undertone("policy", "allow", *use, *basis).exit_code == 0
    assert "fatigue" in undertone("policy", "list").stdout
    assert undertone("policy", "revoke", *use, "--by", "officer").exit_code == 0
    assert "use revoked" in undertone("policy", "audit").stdout
    assert undertone("policy", "allow", "--role", "king", *basis).exit_code != 0


def test_retrains_are_held_and_released(store):
    assert undertone("monitor", "hold", "--reason", "holidays", "--by", "ops").exit_code == 0
    assert store.hold().reason == "holidays"
    assert undertone("monitor", "release", "--by", "ops").exit_code == 0
    assert store.hold() is None
    assert "retrains released" in undertone("policy", "audit").stdout


def test_forgetting_asks_for_one_thing(store):
    told = undertone("forget", "--speaker", "s1")
    assert "0 predictions" in told.output
    assert "0 predictions" in undertone("forget", "--expired").output
    for wrong in ((), ("--speaker", "s1", "--expired")):
        assert isinstance(undertone("forget", *wrong).exception, ConfigError)


def test_the_store_steps_back_and_is_upgraded(store):
    assert "0003 → 0002" in undertone("store", "downgrade").stderr
    refused = undertone("keys", "list").exception
    assert isinstance(refused, StoreError)
    assert "undertone store upgrade" in str(refused)
    assert "0002 → 0003" in undertone("store", "upgrade").stderr
    assert undertone("keys", "list").exit_code == 0
