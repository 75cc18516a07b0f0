import pytest
from serving_harness import register_made_up

from monitoring.store import Store
from serving.registry import Registry


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
