import json
import stat

import pytest

from serving.signing import FILE, KEY_FILE, keep_decision, read_decision
from undertone.errors import RegistryError

SAID = {"promote": True, "reason": "Promoted. It gains.", "gain": 0.1}
TAG = "undertone:0123456789ab"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_decision_is_read_as_it_was_kept(home, tmp_path):
    assert read_decision(tmp_path, TAG) is None
    keep_decision(tmp_path, TAG, SAID)
    assert read_decision(tmp_path, TAG) == SAID
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "change",
    [
        {"decision": SAID | {"gain": 0.9}},
        {"tag": "undertone:ba9876543210"},
        {"signature": "0" * 64},
        {"signature": None},
    ],
)
def test_a_changed_decision_is_refused(tmp_path, change):
    keep_decision(tmp_path, TAG, SAID)
    told = json.loads((tmp_path / FILE).read_text()) | change
    (tmp_path / FILE).write_text(json.dumps(told))
    with pytest.raises(RegistryError, match="was not signed by this installation"):
        read_decision(tmp_path, change.get("tag", TAG))


def test_another_installation_signs_otherwise(home, tmp_path):
    keep_decision(tmp_path, TAG, SAID)
    (home / KEY_FILE).unlink()
    with pytest.raises(RegistryError, match="Judge the model again"):
        read_decision(tmp_path, TAG)
