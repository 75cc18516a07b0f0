from pathlib import Path

import numpy as np
import pytest

from undertone.audio import Samples
from undertone.config import GeneratedParams
from undertone.corpora.generated import generate


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def sentences() -> list[tuple[str, Samples]]:
    """A few generated sentences: what is said, and its samples."""
    spoken = generate(GeneratedParams(clips=6, seed=5))
    return [
        (one.text or "", (one.samples / 32768).astype(np.float32))
        for one in spoken
        if one.samples is not None
    ]
