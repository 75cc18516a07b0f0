"""Corpora: an adapter for each, and the intake that makes a corpus folder of any of them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from undertone.corpora.intake import IngestReport, ingest

__all__ = ["IngestReport", "ingest"]


def __getattr__(name: str) -> Any:
    # The manifest needs the shapes in `base`, the intake needs the manifest.
    if name in __all__:
        from undertone.corpora import intake

        return getattr(intake, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
