from pathlib import Path

import pytest
import synthetic

from undertone.config import Params


@pytest.fixture(scope="session")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_whisper(tmp_path_factory.mktemp("models") / "whisper")


@pytest.fixture
def params(whisper: Path) -> Params:
    return synthetic.settings(f"listening.whisper={whisper}")
