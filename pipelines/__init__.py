"""The three pipelines: training, continual, monitoring."""

from importlib import import_module
from typing import Any

PIPELINES = ("training", "continual", "monitoring")


def load(name: str) -> Any:
    """The KFP pipeline object called `name`; the same one runs here and compiles for a cluster."""
    return getattr(import_module(f"pipelines.{name}"), name)
