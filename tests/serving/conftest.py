import json
from pathlib import Path

import pytest

from monitoring.store import Store
from serving.registry import Registry
from undertone.labels import EMOTIONS


def write_bundle(folder: Path, weights: bytes = b"weights") -> Path:
    """A folder that looks like a bundle to the registry."""
    folder.mkdir(parents=True)
    labels = {str(index): emotion for index, emotion in enumerate(EMOTIONS)}
    (folder / "config.json").write_text(json.dumps({"id2label": labels}))
    (folder / "README.md").write_text("# Card")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def write_evaluation(folder: Path, uar: float = 0.8) -> Path:
    """A folder that looks like an evaluation to the registry."""
    folder.mkdir(parents=True)
    figures = {"uar": {"value": uar, "low": uar - 0.1, "high": uar + 0.1}}
    (folder / "evaluation.json").write_text(json.dumps(figures))
    (folder / "report.txt").write_text("report")
    (folder / "predictions.parquet").write_bytes(b"PAR1")
    return folder


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
        folder = tmp_path / "made" / name
        if not folder.exists():
            write_bundle(folder / "bundle", name.encode())
            write_evaluation(folder / "evaluation")
        origin = {"data_revision": "r1", "split_hash": "s1", "run_id": "run-1"}
        return registry.register(
            folder / "bundle", evaluation=folder / "evaluation", **(origin | lineage)
        )

    return _register
