"""Adapters of tenants: trained from clips of theirs, registered if they surely gain."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from monitoring.store import Store
from serving.lifecycle import champion_origin, conclude, register_run
from serving.registry import OF_TENANT, Registry, tenant_pointer
from serving.tenant_data import folder_of, forget_clips
from undertone.config import Params, params_from_json
from undertone.remote import at_hand

if TYPE_CHECKING:
    from undertone.continual.gate import Decision


@dataclass(frozen=True)
class Adapter:
    """A tenant's model.

    Attributes:
        tenant: whose it is.
        tag: in the registry; none while the champion answers them.
        told: why it was promoted, with its gain; empty where no gate decided on it.
    """

    tenant: str
    tag: str | None
    told: str


def train_adapter(store: Store, tenant: str, clips: Path, params: Params) -> "Decision":
    """Train an adapter on the champion from a tenant's clips; they get it if it surely gains.

    The clips are kept in `home() / "tenants" / tenant` with an adapter that is theirs, and
    nothing of one that is refused.

    Args:
        store: the operational store.
        tenant: whose clips they are, and who is answered.
        clips: a folder of clips in folders named for emotions, or a table, see
            `undertone.corpora`.
        params: the run's settings; clips are listened to as the champion's corpus was.

    Raises:
        RegistryError: there is no champion, its data is gone, or this is no name for a tenant.
        CorpusError: there are too few clips or emotions, or none can be used.
    """
    from undertone.continual.personal import from_clips
    from undertone.continual.personalising import personalise

    tenant_pointer(tenant)
    origin = champion_origin(store)
    with TemporaryDirectory() as name, _kept_for(tenant) as folder:
        scratch = Path(name)
        uris = (origin.bundle_uri, origin.corpus_uri, origin.heard_uri)
        champion, *known = (at_hand(uri, scratch / str(n)) for n, uri in enumerate(uris))
        settings = from_clips(_as_it_listens(params, champion), tenant)
        own = _take_in(clips, settings, folder)
        decision = personalise(champion, (known[0], known[1]), own, settings, scratch)
        if decision.promote:
            tag = register_run(
                store,
                bundle=scratch / "bundle",
                evaluation=scratch / "evaluation",
                corpus=own[0],
                heard=own[1],
                run_id=folder.name,
                parent=origin.tag,
            )
            made = scratch / "decision"
            conclude(store, champion=origin.tag, challenger=tag, decision=made, tenant=tenant)
        else:
            forget_clips(folder)
    return decision


def list_adapters(registry: Registry) -> list[Adapter]:
    """The tenants that have a model of their own, or had one."""
    found = []
    for tenant in sorted(registry.tenants()):
        tag = registry.pointed_at(OF_TENANT + tenant)
        decision = registry.decision(tag) if tag else None
        found.append(Adapter(tenant, tag, decision["reason"] if decision else ""))
    return found


@contextmanager
def _kept_for(tenant: str) -> Iterator[Path]:
    """A new folder for a tenant's clips; if anything fails, why they were refused is left alone."""
    folder = folder_of(tenant) / f"adapter-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    try:
        yield folder
    except BaseException:
        for part in ("corpus", "heard"):
            forget_clips(folder / part)
        with suppress(OSError):
            folder.rmdir()  # unless a list of rejects is in it
        raise


def _as_it_listens(params: Params, champion: Path) -> Params:
    told = json.loads((champion / "training.json").read_text(encoding="utf-8"))
    trained = params_from_json(json.dumps(told["params"]))
    return params.model_copy(update={"listening": trained.listening, "audio": trained.audio})


def _take_in(clips: Path, params: Params, folder: Path) -> tuple[Path, Path]:
    from undertone.corpora import ingest
    from undertone.speech import hear

    source = {"name": "folder" if clips.is_dir() else "table", "path": str(clips.resolve())}
    corpus, heard = folder / "corpus", folder / "heard"
    asked = params.corpus.model_copy(update=source)
    ingest(params.model_copy(update={"corpus": asked}), corpus, deal=False)
    hear(corpus, params, heard)
    return corpus, heard
