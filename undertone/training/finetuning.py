"""Fine-tuning: from heard speech to a calibrated bundle on disk."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from undertone.bundle import Bundle, save_bundle
from undertone.config import Params
from undertone.evaluation.card import model_card, trained_on
from undertone.files import sha256_of_file
from undertone.inference.known import note_known
from undertone.leaks import assert_no_leak
from undertone.manifest import data_revision, read_manifest
from undertone.splits import split_hash
from undertone.training.examples import ACOUSTIC_FILE, labels_of, load_examples
from undertone.training.learning import learn
from undertone.training.windows import teach_timeline

LEARNT = ("train", "validation")
LIBRARIES = ("torch", "transformers", "peft", "undertone")


@dataclass(frozen=True)
class TrainingReport:
    """How a fine-tuning went.

    Attributes:
        validation_uar: of the bundle on the validation speakers.
        temperature: fitted on them.
        epochs: trained in all.
        trained_parameters: how many parameters were trained at once at most.
        seconds: from reading to writing.
        utterances: trained on.
    """

    validation_uar: float
    temperature: float
    epochs: int
    trained_parameters: int
    seconds: float
    utterances: int

    def metrics(self) -> dict[str, float]:
        """The figures by name."""
        return {name: float(value) for name, value in vars(self).items()}


def finetune(corpus: Path, heard: Path, params: Params, out: Path) -> TrainingReport:
    """Train the fused model on the training speakers and write its bundle.

    The validation speakers choose the epoch and the temperature. Where `timeline.joined` says so,
    the bundle is then taught which emotion appears when. A run that was killed goes on from its
    last epoch when it is started again with the same settings and data.

    Args:
        corpus: a corpus folder.
        heard: its heard folder.
        params: the run's settings.
        out: the bundle to write. Beside it stand `logs`, where `training.loggers` names some, and
            until it is whole `checkpoints`.

    Raises:
        CorpusError: a folder cannot be used, or a speaker or recording stands in two splits.
        ModelError: an encoder, or the bundle of `training.init`, is nowhere to be found.
    """
    examples = load_examples(corpus, heard, words=False)
    assert_no_leak(examples.rows)
    train, validation = (load_examples(corpus, heard, split, words=False) for split in LEARNT)
    origin = _origin(corpus, heard, params)
    checkpoints, logs = _checkpoints(out, origin), out.parent / "logs"
    labels = labels_of(train.rows)
    init = Bundle.load(Path(params.training.init)) if params.training.init else None
    bundle, reached = learn(
        train, validation, params, labels, init=init, checkpoints=checkpoints, logs=logs
    )
    teach_timeline(bundle, train, validation, params)
    learnt = examples.take(
        examples.rows["split"].isin(LEARNT if params.training.refit else LEARNT[:1])
    )
    bundle.info |= origin | {"validation_uar": reached, "trained_on": trained_on(learnt.rows)}
    bundle.card = model_card(bundle)
    note_known(bundle, params)
    save_bundle(bundle, out)
    shutil.rmtree(checkpoints)
    return _report(bundle)


def provenance(corpus: Path, heard: Path) -> dict[str, str]:
    """What a bundle tells of the data that it was trained on."""
    return {
        "split_hash": split_hash(read_manifest(heard, without=("words",))),
        "data_revision": data_revision(read_manifest(corpus)),
        "heard_revision": sha256_of_file(heard / ACOUSTIC_FILE),
    }


def _origin(corpus: Path, heard: Path, params: Params) -> dict[str, Any]:
    listening = heard / "listening.json"
    return provenance(corpus, heard) | {
        "params": params.model_dump(mode="json"),
        "seed": params.training.seed,
        "listening": json.loads(listening.read_text("utf-8")) if listening.is_file() else {},
        "versions": {library: version(library) for library in LIBRARIES},
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def _checkpoints(out: Path, origin: dict[str, Any]) -> Path:
    """The folder of a run with these settings and data; those of other runs are removed."""
    key = hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:16]
    root = out.parent / "checkpoints"
    for stale in root.glob("*"):
        if stale.name != key:
            shutil.rmtree(stale)
    folder = root / key
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _report(bundle: Bundle) -> TrainingReport:
    info = bundle.info
    return TrainingReport(
        validation_uar=info["validation_uar"],
        temperature=bundle.temperature,
        epochs=sum(map(len, info["curves"].values())),
        trained_parameters=info["trained_parameters"],
        seconds=info["seconds"],
        utterances=info["trained_on"]["utterances"],
    )
