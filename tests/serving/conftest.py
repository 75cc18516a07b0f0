import numpy as np
import pytest
from serving_harness import register_made_up

from monitoring.store import Store
from serving.registry import Registry
from undertone.config import GeneratedParams
from undertone.corpora.generated import generate

RATE = 16_000


@pytest.fixture
def store(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield store
    store.close()


@pytest.fixture
def registry(store, tmp_path):
    return Registry(store, tmp_path)


@pytest.fixture
def register(registry, tmp_path):
    """Register a made-up bundle; its name makes its weights."""

    def _register(name: str, **lineage: str) -> str:
        return register_made_up(registry, tmp_path / "made" / name, name, **lineage)

    return _register


@pytest.fixture(scope="session")
def sentences():
    """A few generated sentences, int16 at 16 kHz."""
    return [one.samples for one in generate(GeneratedParams(clips=4, seed=5))]


@pytest.fixture(scope="session")
def pause():
    """A second and a quarter of a quiet room, int16 at 16 kHz."""
    rng = np.random.default_rng(1)
    return rng.normal(0, 8, RATE * 5 // 4).astype(np.int16)


@pytest.fixture(scope="session")
def conversation(sentences, pause):
    """Three sentences with pauses, as PCM."""
    parts = [part for one in sentences[:3] for part in (pause, one)]
    return np.concatenate([*parts, pause]).astype("<i2").tobytes()
