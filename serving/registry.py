"""Bundles under a tag, and which of them is champion.

The weights lie in a BentoML model store, together with the evaluation that judged them; where
`UNDERTONE_BUNDLES` names an object store, also there, from where other machines take what they
lack. Which tag answers (champion) or waits for judgement (challenger) is a pointer in the
operational store.
"""

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitoring.store import NotFoundError, Store
from monitoring.store.models import PLATFORM
from serving.shared import MODEL, Shared
from serving.signing import keep_decision, read_decision
from undertone import telemetry
from undertone.config import bundles
from undertone.config import home as default_home
from undertone.errors import RegistryError
from undertone.files import replacing_folder, sha256_of_file, write_text

if TYPE_CHECKING:
    from bentoml._internal.models.model import ModelInfo

NAME = "undertone"
TAG = re.compile(rf"{NAME}:[0-9a-f]{{12}}")
CHAMPION, CHALLENGER, OF_TENANT = "champion", "challenger", "tenant/"
TENANT = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}(/[a-z0-9][a-z0-9._-]{0,62})?")


@dataclass(frozen=True)
class RegisteredModel:
    """A bundle in the registry.

    Attributes:
        tag: `undertone:VERSION`; the version is a hash of the bundle's files and its run.
        created_at: when it was registered.
        classes: the emotions it tells apart.
        lineage: lineage_id, data_revision, split_hash, run_id, and parent and verdict_id if any.
        metrics: its figures on test, UAR with interval among them.
        path: its folder in the model store.
        pointers: which it is of champion, challenger and `tenant/NAME`.
        tenant: whom it was made for, where it was for one alone.
    """

    tag: str
    created_at: datetime
    classes: tuple[str, ...]
    lineage: dict[str, str]
    metrics: dict[str, float]
    path: Path
    pointers: tuple[str, ...] = ()
    tenant: str | None = None

    @property
    def bundle(self) -> Path:
        """The bundle folder."""
        return self.path / "bundle"

    @property
    def card(self) -> str:
        """The model card (Markdown): with the evaluation's scores, where it wrote one."""
        evaluated = self.path / "evaluation" / "model_card.md"
        card = evaluated if evaluated.is_file() else self.bundle / "README.md"
        return card.read_text(encoding="utf-8")

    @property
    def report(self) -> str:
        """The report of its evaluation."""
        return (self.path / "evaluation" / "report.txt").read_text(encoding="utf-8")

    def columns(self) -> tuple[str, str, str, str]:
        """For a table: tag, pointers, UAR with interval, date."""
        interval = "{uar:.3f} [{uar_low:.3f}, {uar_high:.3f}]".format(**self.metrics)
        date = f"{self.created_at:%Y-%m-%d %H:%M}"
        return self.tag, ", ".join(self.pointers), interval, date


class Registry:
    """The models of one installation.

    Args:
        store: holds the pointers and the lineage.
        home: where `bentoml/models` lies. Without it `BENTOML_HOME` counts, then
            `undertone.config.home() / "bentoml"`.
        by: who moves pointers, for the audit.
    """

    def __init__(self, store: Store, home: Path | None = None, by: str = PLATFORM) -> None:
        self._store = store
        self._root = home / "bentoml" if home else bentoml_home()
        self._by = by
        self._shared = Shared(root) if (root := bundles()) else None

    def register(
        self,
        bundle: Path,
        *,
        evaluation: Path,
        data_revision: str,
        split_hash: str,
        run_id: str,
        parent: str | None = None,
        verdict_id: str | None = None,
        corpus_uri: str | None = None,
        heard_uri: str | None = None,
    ) -> str:
        """Copy a bundle and its evaluation into the registry.

        The same bundle of the same run keeps its tag, however often it is registered.

        Args:
            bundle: the bundle folder.
            evaluation: its evaluation folder; `predictions.parquet` becomes the drift reference.
            data_revision: the corpus's revision.
            split_hash: hash of who trained, validated and tested.
            run_id: the pipeline run that made the bundle.
            parent: tag of the champion that it was retrained from.
            verdict_id: the verdict that asked for the retrain.
            corpus_uri: the corpus folder.
            heard_uri: the heard folder.

        Returns:
            The tag.

        Raises:
            RegistryError: a folder is incomplete, or the parent is unknown.
            RemoteError: the object store does not take it. Registering again goes on.
        """
        origin = {"data_revision": data_revision, "split_hash": split_hash, "run_id": run_id}
        optional = {"parent": parent, "verdict_id": verdict_id}
        lineage_id = _content_hash(bundle, run_id)[:32]
        tag = f"{NAME}:{lineage_id[:12]}"
        lineage = {"lineage_id": lineage_id} | origin | {k: v for k, v in optional.items() if v}
        if not self._is_here(tag):
            self._write(tag, bundle, evaluation, lineage)
        if self._shared:
            self._shared.push(tag, self._folder(tag))
        self._store.add_lineage(
            lineage_id,
            tag=tag,
            **origin,
            parent_lineage_id=self.show(parent).lineage["lineage_id"] if parent else None,
            verdict_id=verdict_id,
            corpus_uri=corpus_uri,
            heard_uri=heard_uri,
            evaluation_uri=self.uri(tag, "evaluation"),
            metrics=self.show(tag).metrics,
        )
        return tag

    def list(self) -> "list[RegisteredModel]":
        """All registered models, newest first.

        Raises:
            RemoteError: the object store does not answer.
        """
        tags = {f"{NAME}:{folder.name}" for folder in (self._root / "models" / NAME).glob("*/")}
        if self._shared:
            tags.update(self._shared.tags(NAME))
        models = [self._described(tag, self._description(tag)) for tag in tags]
        return sorted(models, key=lambda model: model.created_at, reverse=True)

    def show(self, tag: str) -> RegisteredModel:
        """One registered model. What is on the object store alone is taken from there.

        Raises:
            RegistryError: the tag is unknown, or its bundle is another one.
            RemoteError: the object store does not answer, or not with what was published.
        """
        if not TAG.fullmatch(tag) or not self._is_here(tag):
            raise self._unknown(tag)
        return self._described(tag, self._description(tag))

    def uri(self, tag: str, part: str) -> str:
        """Where all machines find a part of a model, `bundle` or `evaluation`."""
        if self._shared:
            return f"{self._shared.uri(tag)}#{part}"
        return str(self._folder(tag) / part)

    def path(self, tag: str) -> Path:
        """The bundle folder of a tag.

        Raises:
            RegistryError: the tag is unknown.
        """
        return self.show(tag).bundle

    def reference(self, tag: str) -> Path:
        """The predictions on test that the drift gate compares with (Parquet).

        Raises:
            RegistryError: the tag is unknown.
        """
        return self.show(tag).path / "evaluation" / "predictions.parquet"

    def champion(self) -> str | None:
        """The tag that answers requests."""
        return self.pointed_at(CHAMPION)

    def challenger(self) -> str | None:
        """The tag that waits for judgement."""
        return self.pointed_at(CHALLENGER)

    def keep_decision(self, tag: str, decision: dict[str, Any]) -> None:
        """Keep the promotion gate's decision with the model that it is about, signed.

        Raises:
            RegistryError: the tag is unknown.
            RemoteError: the object store does not take it.
        """
        folder = self.show(tag).path
        keep_decision(folder, tag, decision)
        if self._shared:
            self._shared.push_decision(tag, folder)

    def decision(self, tag: str) -> dict[str, Any] | None:
        """The decision on a model; none where it never went through the gate.

        Raises:
            RegistryError: the tag is unknown, or the decision is not what was signed.
            RemoteError: the object store does not answer.
        """
        folder = self.show(tag).path
        if self._shared:
            self._shared.pull_decision(tag, folder)
        return read_decision(folder, tag)

    def promote(self, tag: str, reason: str, *, instead_of: str | None = None) -> None:
        """Make `tag` the champion. Services swap it in by themselves.

        Args:
            tag: the model.
            reason: why, for the history.
            instead_of: the champion that it was compared with; whichever there is without it.

        Raises:
            RegistryError: the tag is unknown.
            ConflictError: the champion has changed.
        """
        self._point(CHAMPION, tag, reason, instead_of)
        if self.challenger() == tag:
            self.clear_challenger(f"promoted: {reason}")

    def roll_back(self, reason: str, pointer: str = CHAMPION) -> str:
        """Let the model before this one answer again.

        Args:
            reason: why, for the history.
            pointer: champion, or the `tenant_pointer` of a tenant.

        Returns:
            Its tag.

        Raises:
            RegistryError: there is no model before this one.
            StoreError: somebody moved the pointer at the same time.
        """
        try:
            return self._store.roll_back(pointer, reason=reason, by=self._by).tag
        except NotFoundError as error:
            raise RegistryError(
                f"There is no earlier {pointer} to roll back to. Promote another model instead."
            ) from error

    def give(self, tenant: str, tag: str | None, reason: str) -> None:
        """Let a model answer one tenant's conversations; without a `tag` the champion does again.

        Raises:
            RegistryError: the tag is unknown, or the tenant's name is none.
            StoreError: somebody moved the pointer at the same time.
        """
        pointer = tenant_pointer(tenant)
        if tag:
            self._point(pointer, tag, reason)
        else:
            self._clear(pointer, reason)

    def tenants(self) -> set[str]:
        """Names of the tenants that have a model of their own, or had one."""
        names = (row.name for row in self._store.pointers())
        return {name.removeprefix(OF_TENANT) for name in names if name.startswith(OF_TENANT)}

    def of_tenant(self, tenant: str) -> tuple[RegisteredModel, ...]:
        """The models that were made for a tenant, or for a scenario of theirs; newest first.

        Raises:
            RemoteError: the object store does not answer.
        """
        return tuple(model for model in self.list() if _at_or_under(model.tenant, tenant))

    def set_challenger(self, tag: str, reason: str) -> None:
        """Let `tag` wait for judgement.

        Raises:
            RegistryError: the tag is unknown.
            StoreError: somebody moved the pointer at the same time.
        """
        self._point(CHALLENGER, tag, reason)

    def clear_challenger(self, reason: str) -> None:
        """Let no model wait for judgement."""
        self._clear(CHALLENGER, reason)

    def pointed_at(self, name: str) -> str | None:
        """Tag that a pointer names (champion, challenger, `tenant/NAME`), or none."""
        pointer = self._store.pointer(name)
        return pointer.tag or None if pointer else None

    def delete(self, tag: str) -> None:
        """Take a model away, here and on the object store; copies on other machines stay.

        Raises:
            RegistryError: the tag is unknown, or a pointer names it or would go back to it.
            RemoteError: the object store does not answer.
        """
        if tag not in {model.tag for model in self.list()}:
            raise self._unknown(tag)
        self.require_free(tag)
        if self._shared:
            self._shared.remove(tag)
        shutil.rmtree(self._folder(tag), ignore_errors=True)

    def require_free(self, tag: str, *, but: str | None = None) -> None:
        """Make sure that no pointer names a model or would go back to it.

        Args:
            tag: the model.
            but: a tenant's pointer that may, and so may those of their scenarios.

        Raises:
            RegistryError: one does.
        """
        for row in self._store.pointers():
            named = tag in (row.tag, self._store.rollback_target(row.name))
            if named and not (but and _at_or_under(row.name, but)):
                raise RegistryError(f"{tag} stays: it is {row.name}, or was so before.")

    def _unknown(self, tag: str) -> RegistryError:
        return RegistryError(
            f"There is no model '{tag}' in {self._root}. List the known ones, or register it."
        )

    def _point(self, name: str, tag: str, reason: str, instead_of: str | None = None) -> None:
        lineage_id = self.show(tag).lineage["lineage_id"]
        if self.pointed_at(name) != tag:
            self._move(name, tag, lineage_id, reason, instead_of)

    def _clear(self, name: str, reason: str) -> None:
        if self.pointed_at(name):
            self._move(name, "", "", reason)

    def _move(
        self, name: str, tag: str, lineage_id: str, reason: str, instead_of: str | None = None
    ) -> None:
        moves = self._store.pointer_moves(name)
        seen = [move.version for move in moves if instead_of in (None, move.tag)]
        self._store.move_pointer(
            name,
            tag,
            lineage_id=lineage_id,
            reason=reason,
            expected_version=seen[-1] if seen else 0,
            by=self._by,
        )

    def _folder(self, tag: str) -> Path:
        name, _, version = tag.partition(":")
        return self._root / "models" / name / version

    def _is_here(self, tag: str) -> bool:
        """Whether a model is in the model store, where it is brought to if it is shared."""
        if not self._folder(tag).is_dir() and self._shared and self._shared.has(tag):
            self._bring(tag, self._shared)
        return self._folder(tag).is_dir()

    def _bring(self, tag: str, shared: Shared) -> None:
        """Fetch a model aside, compare it with its tag and the store's lineage, move it in."""
        fetched = shared.pull(tag, self._root / "tmp")
        try:
            info = _info((fetched / MODEL).read_text(encoding="utf-8"))
            run_id = self._described(tag, info).lineage["run_id"]
            known = self._store.lineage_of_tag(tag)
            wanted = known.lineage_id if known else tag.partition(":")[2]
            if not _content_hash(fetched / "bundle", run_id).startswith(wanted):
                raise RegistryError(
                    f"{shared.uri(tag)} holds another bundle than {tag} was registered with: "
                    "remove it there and register the model again."
                )
            self._move_in(fetched, tag)
        finally:
            shutil.rmtree(fetched, ignore_errors=True)

    def _move_in(self, folder: Path, tag: str) -> None:
        final = self._folder(tag)
        final.parent.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # a folder made aside is for its maker alone, a model is not
        try:
            folder.rename(final)
        except OSError:
            if not final.is_dir():  # otherwise another process was faster
                raise
        write_text(final.parent / "latest", final.name)

    def _description(self, tag: str) -> "ModelInfo":
        file = self._folder(tag) / MODEL
        if self._shared and not file.is_file():
            return _info(self._shared.description(tag))
        return _info(file.read_text(encoding="utf-8"))

    def _described(self, tag: str, info: "ModelInfo") -> RegisteredModel:
        metadata: dict[str, Any] = dict(info.metadata)
        return RegisteredModel(
            tag=tag,
            created_at=info.creation_time,
            classes=tuple(metadata["classes"]),
            lineage=dict(metadata["lineage"]),
            metrics=dict(metadata["metrics"]),
            path=self._folder(tag),
            pointers=tuple(row.name for row in self._store.pointers() if row.tag == tag),
            tenant=metadata.get("tenant") or None,
        )

    def _write(self, tag: str, bundle: Path, evaluation: Path, lineage: dict[str, str]) -> None:
        """Let BentoML build the model aside, then move it in whole: its own copy is not atomic."""
        telemetry.switch_off()
        import bentoml
        from bentoml._internal.models import ModelStore

        metadata = {
            "classes": _classes(bundle),
            "lineage": lineage,
            "metrics": _metrics(evaluation),
            "tenant": _tenant(bundle),
        }
        version = tag.partition(":")[2]
        staged = self._root / "tmp" / version
        with (
            replacing_folder(staged) as aside,
            bentoml.models.create(
                tag,
                labels={"run": lineage["run_id"]},
                metadata=metadata,
                _model_store=ModelStore(aside),
            ) as model,
        ):
            shutil.copytree(bundle, model.path_of("bundle"))
            shutil.copytree(evaluation, model.path_of("evaluation"))
        self._move_in(staged / NAME / version, tag)
        shutil.rmtree(staged)


def tenant_pointer(tenant: str) -> str:
    """The pointer to a tenant's own model.

    Raises:
        RegistryError: this is no name for a tenant.
    """
    if not TENANT.fullmatch(tenant):
        raise RegistryError(
            f"{tenant!r:.80} is no name for a tenant: write up to 63 lower-case letters, digits, "
            "dots, dashes and underscores; a scenario of theirs is NAME/SCENARIO."
        )
    return OF_TENANT + tenant


def bentoml_home() -> Path:
    """The folder that BentoML keeps its state in: the operator's choice, or one in `home()`.

    Puts the choice in the environment, so that BentoML's own commands see the same models.
    """
    return Path(os.environ.setdefault("BENTOML_HOME", str(default_home() / "bentoml")))


def _info(description: str) -> "ModelInfo":
    telemetry.switch_off()
    from bentoml._internal.models.model import ModelInfo

    return ModelInfo.from_yaml_file(StringIO(description))


def _content_hash(bundle: Path, run_id: str) -> str:
    if not (bundle / "config.json").is_file():
        raise RegistryError(f"{bundle} is not a bundle: it has no config.json. Fine-tune first.")
    digest = hashlib.sha256(run_id.encode())
    for path in sorted(bundle.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(bundle).as_posix()}\0{sha256_of_file(path)}".encode())
    return digest.hexdigest()


def _classes(bundle: Path) -> list[str]:
    names = json.loads((bundle / "config.json").read_text(encoding="utf-8"))["id2label"]
    return [names[index] for index in sorted(names, key=int)]


def _at_or_under(name: str | None, above: str) -> bool:
    return f"{name or ''}/".startswith(f"{above}/")


def _tenant(bundle: Path) -> str:
    """Whom a bundle was made for alone, as its settings tell; empty where for all."""
    file = bundle / "training.json"
    told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return told.get("params", {}).get("continual", {}).get("tenant") or ""


def _metrics(evaluation: Path) -> dict[str, float]:
    from undertone.evaluation.record import Evaluation

    for name in ("evaluation.json", "report.txt", "predictions.parquet"):
        if not (evaluation / name).is_file():
            raise RegistryError(f"{evaluation} has no {name}. Evaluate the bundle first.")
    figures = (evaluation / "evaluation.json").read_text(encoding="utf-8")
    return Evaluation.model_validate_json(figures).metrics()
