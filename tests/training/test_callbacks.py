from pathlib import Path

import pytest

from undertone.errors import ConfigError
from undertone.training import callbacks
from undertone.training.callbacks import trackers


def test_nobody_is_told_by_default(tmp_path: Path) -> None:
    assert trackers((), tmp_path) == []
    assert not list(tmp_path.iterdir())


def test_a_tracker_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "find_spec", lambda _: None)

    with pytest.raises(ConfigError, match="pip install wandb"):
        trackers(("wandb",), tmp_path)
