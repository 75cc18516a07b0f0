"""The life of a model: registered by a run, made champion or challenger, retrained from."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from monitoring.store import ConflictError, Store
from serving.registry import Registry
from undertone import remote
from undertone.config import bundles
from undertone.errors import RegistryError


@dataclass(frozen=True)
class Origin:
    """A champion and what it was trained on, as URIs."""

    tag: str
    bundle_uri: str
    corpus_uri: str
    heard_uri: str


def champion_origin(store: Store) -> Origin:
    """The champion and the data that it was trained on.

    Raises:
        RegistryError: there is no champion, or its data is not known any more.
    """
    registry = Registry(store)
    tag = registry.champion()
    if tag is None:
        raise RegistryError("There is no champion to retrain. Run the training pipeline first.")
    lineage = store.lineage_of_tag(tag)
    if lineage is None or lineage.corpus_uri is None or lineage.heard_uri is None:
        raise RegistryError(f"The data that {tag} was trained on is not known: train it anew.")
    return Origin(tag, registry.uri(tag, "bundle"), lineage.corpus_uri, lineage.heard_uri)


def register_run(
    store: Store,
    *,
    bundle: Path,
    evaluation: Path,
    corpus: Path,
    heard: Path,
    run_id: str,
    parent: str | None = None,
    verdict_id: str | None = None,
) -> str:
    """Register what a pipeline run made, with the identity of the data it was made from.

    Args:
        store: the operational store.
        bundle: the bundle folder.
        evaluation: its evaluation folder.
        corpus: the corpus folder it was trained on.
        heard: the heard folder of that corpus.
        run_id: the run.
        parent: tag of the champion that it was retrained from.
        verdict_id: the verdict that asked for the retrain.

    Returns:
        The tag.
    """
    identity = json.loads((corpus / "corpus.json").read_text(encoding="utf-8"))
    return Registry(store).register(
        bundle,
        evaluation=evaluation,
        data_revision=identity["data_revision"],
        split_hash=identity["split_hash"],
        run_id=run_id,
        parent=parent,
        verdict_id=verdict_id,
        corpus_uri=_kept(corpus),
        heard_uri=_kept(heard),
    )


def _kept(folder: Path) -> str:
    """Where all machines find a folder of data: on the object store, if there is one."""
    shared = bundles()
    return remote.deposit(folder, f"{shared}/data") if shared else str(folder)


def bring_along(store: Store, tag: str) -> None:
    """Make a model that came with the service champion, where the store knows of none.

    Args:
        store: the operational store, which may be new.
        tag: a model that the registry holds, though this store may never have heard of it.

    Raises:
        RegistryError: the registry does not hold it.
    """
    registry = Registry(store)
    if registry.champion() is not None:
        return
    model = registry.show(tag)
    if store.lineage_of_tag(tag) is None:
        origin = {name: model.lineage[name] for name in ("data_revision", "split_hash", "run_id")}
        store.add_lineage(
            model.lineage["lineage_id"],
            tag=tag,
            evaluation_uri=str(model.path / "evaluation"),
            metrics=model.metrics,
            **origin,
        )
    with suppress(ConflictError):  # another replica was faster
        registry.promote(tag, "came with the service")


def promote_first(registry: Registry, tag: str) -> bool:
    """Make `tag` champion if there is none; otherwise let it wait as challenger.

    Returns:
        Whether it became champion.
    """
    if registry.champion() in (None, tag):
        registry.promote(tag, "first model")
        return True
    registry.set_challenger(tag, "trained anew; promote it by hand")
    return False


def conclude(
    store: Store,
    *,
    champion: str,
    challenger: str,
    decision: Path,
    key: str = "",
    token: str = "",
    tenant: str | None = None,
) -> bool:
    """Carry out the promotion gate's decision, and close the retrain request it answers.

    Doing it again after a crash changes nothing.

    Args:
        store: the operational store.
        champion: tag of the model that the challenger was compared with.
        challenger: tag of the retrained model.
        decision: folder of the gate's `decision.json`.
        key: the retrain request; empty for a run by hand.
        token: proof that this run holds the request.
        tenant: whom alone the challenger is to answer; all without it.

    Returns:
        Whether the challenger answers now.

    Raises:
        RegistryError: another champion took over while the challenger was trained.
        ConflictError: one did so at this very moment.
    """
    registry = Registry(store)
    said = json.loads((decision / "decision.json").read_text(encoding="utf-8"))
    if registry.champion() not in (champion, challenger):
        raise RegistryError(
            f"{challenger} was compared with {champion}, but {registry.champion()} is champion "
            "now. Retrain from it."
        )
    registry.keep_decision(challenger, said)
    if tenant:
        if said["promote"]:
            registry.give(tenant, challenger, said["reason"])
        return bool(said["promote"])
    if said["promote"]:
        registry.promote(challenger, said["reason"], instead_of=champion)
    else:
        registry.set_challenger(challenger, said["reason"])
    if key:
        store.finish_retrain(
            key,
            token,
            "done" if said["promote"] else "kept",
            reason=said["reason"],
            challenger_tag=challenger,
        )
    return bool(said["promote"])
