"""Bundles under a tag, and which of them is champion.

The weights lie in a BentoML model store, together with the evaluation that judged them. Which tag
answers (champion) or waits for judgement (challenger) is a pointer in the operational store.
"""

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitoring.store import NotFoundError, Store
from undertone import telemetry
from undertone.config import home as default_home
from undertone.errors import RegistryError
from undertone.files import replacing_folder, sha256_of_file, write_text

if TYPE_CHECKING:
    from bentoml import Model

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
    """

    tag: str
    created_at: datetime
    classes: tuple[str, ...]
    lineage: dict[str, str]
    metrics: dict[str, float]
    path: Path
    pointers: tuple[str, ...] = ()

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
    """

    def __init__(self, store: Store, home: Path | None = None) -> None:
        self._store = store
        self._root = home / "bentoml" if home else bentoml_home()

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
        """
        origin = {"data_revision": data_revision, "split_hash": split_hash, "run_id": run_id}
        optional = {"parent": parent, "verdict_id": verdict_id}
        lineage_id = _content_hash(bundle, run_id)[:32]
        tag = f"{NAME}:{lineage_id[:12]}"
        lineage = {"lineage_id": lineage_id} | origin | {k: v for k, v in optional.items() if v}
        if not self._folder(tag).exists():
            self._write(tag, bundle, evaluation, lineage)
        self._store.add_lineage(
            lineage_id,
            tag=tag,
            **origin,
            parent_lineage_id=self.show(parent).lineage["lineage_id"] if parent else None,
            verdict_id=verdict_id,
            corpus_uri=corpus_uri,
            heard_uri=heard_uri,
            evaluation_uri=str(self._folder(tag) / "evaluation"),
            metrics=self.show(tag).metrics,
        )
        return tag

    def list(self) -> "list[RegisteredModel]":
        """All registered models, newest first."""
        folders = (self._root / "models" / NAME).glob("*/")
        models = [self.show(f"{NAME}:{folder.name}") for folder in folders]
        return sorted(models, key=lambda model: model.created_at, reverse=True)

    def show(self, tag: str) -> RegisteredModel:
        """One registered model.

        Raises:
            RegistryError: the tag is unknown.
        """
        model = self._get(tag)
        metadata: dict[str, Any] = dict(model.info.metadata)
        return RegisteredModel(
            tag=tag,
            created_at=model.creation_time,
            classes=tuple(metadata["classes"]),
            lineage=dict(metadata["lineage"]),
            metrics=dict(metadata["metrics"]),
            path=Path(model.path),
            pointers=tuple(row.name for row in self._store.pointers() if row.tag == tag),
        )

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

    def promote(self, tag: str, reason: str) -> None:
        """Make `tag` the champion. Services swap it in by themselves.

        Raises:
            RegistryError: the tag is unknown.
            StoreError: somebody moved the pointer at the same time.
        """
        self._point(CHAMPION, tag, reason)
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
            return self._store.roll_back(pointer, reason=reason).tag
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

    def _point(self, name: str, tag: str, reason: str) -> None:
        lineage_id = self.show(tag).lineage["lineage_id"]
        if self.pointed_at(name) != tag:
            self._move(name, tag, lineage_id, reason)

    def _clear(self, name: str, reason: str) -> None:
        if self.pointed_at(name):
            self._move(name, "", "", reason)

    def _move(self, name: str, tag: str, lineage_id: str, reason: str) -> None:
        pointer = self._store.pointer(name)
        version = pointer.version if pointer else 0
        self._store.move_pointer(
            name, tag, lineage_id=lineage_id, reason=reason, expected_version=version
        )

    def _folder(self, tag: str) -> Path:
        name, _, version = tag.partition(":")
        return self._root / "models" / name / version

    def _get(self, tag: str) -> "Model":
        telemetry.switch_off()
        from bentoml._internal.models import ModelStore

        if not TAG.fullmatch(tag) or not self._folder(tag).is_dir():
            raise RegistryError(
                f"There is no model '{tag}' in {self._root}. List the known ones, or register it."
            )
        return ModelStore(self._root / "models").get(tag)

    def _write(self, tag: str, bundle: Path, evaluation: Path, lineage: dict[str, str]) -> None:
        """Let BentoML build the model aside, then move it in whole: its own copy is not atomic."""
        telemetry.switch_off()
        import bentoml
        from bentoml._internal.models import ModelStore

        metadata = {
            "classes": _classes(bundle),
            "lineage": lineage,
            "metrics": _metrics(evaluation),
        }
        version = tag.partition(":")[2]
        staged, final = self._root / "tmp" / version, self._folder(tag)
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
        final.parent.mkdir(parents=True, exist_ok=True)
        (staged / NAME / version).rename(final)
        write_text(final.parent / "latest", version)
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


def _metrics(evaluation: Path) -> dict[str, float]:
    from undertone.evaluation.record import Evaluation

    for name in ("evaluation.json", "report.txt", "predictions.parquet"):
        if not (evaluation / name).is_file():
            raise RegistryError(f"{evaluation} has no {name}. Evaluate the bundle first.")
    figures = (evaluation / "evaluation.json").read_text(encoding="utf-8")
    return Evaluation.model_validate_json(figures).metrics()
