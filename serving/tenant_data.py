"""What is kept of a tenant: models, the clips that they learnt from, predictions and feedback."""

import shutil
from pathlib import Path

from monitoring.store import Forgotten, LineageRow, Store
from serving.registry import Registry, tenant_pointer
from undertone.config import home
from undertone.remote import is_remote, withdraw


def folder_of(tenant: str) -> Path:
    """Where a tenant's own clips are kept on this machine."""
    return home() / "tenants" / tenant


def delete_tenant(store: Store, tenant: str, *, by: str) -> tuple[int, Forgotten]:
    """Delete a tenant's models, clips, predictions and feedback, those of their scenarios too.

    Doing it again deletes nothing more.

    Args:
        store: the operational store.
        tenant: whose.
        by: who asks, for the audit.

    Returns:
        How many models it were, and what was forgotten beside them.

    Raises:
        RegistryError: one of the models answers others too, or did; then nothing was deleted.
        RemoteError: the object store does not answer.
    """
    registry, pointer = Registry(store, by=by), tenant_pointer(tenant)
    models = registry.of_tenant(tenant)
    for model in models:
        registry.require_free(model.tag, but=pointer)
    store.forget_pointers(pointer, by=by)
    for model in models:
        if lineage := store.lineage_of_tag(model.tag):
            _delete_data(lineage)
        registry.delete(model.tag)
        store.forget_lineage(model.tag)
    forget_clips(folder_of(tenant))
    return len(models), store.forget_tenant(tenant, by=by)


def forget_clips(folder: Path) -> None:
    """Delete a folder with corpora in it, and what was heard in them."""
    from undertone.manifest import FILE
    from undertone.speech.hearing import forget

    for manifest in folder.rglob(FILE):
        forget(manifest.parent)
    shutil.rmtree(folder, ignore_errors=True)


def _delete_data(lineage: LineageRow) -> None:
    """Delete what a model learnt from, with the run that gathered it."""
    runs = home() / "runs"
    for uri in filter(None, (lineage.corpus_uri, lineage.heard_uri)):
        if is_remote(uri):
            withdraw(uri)
        elif (folder := Path(uri)).is_relative_to(runs):
            forget_clips(runs / folder.relative_to(runs).parts[0])
