"""A bundle on a split of a corpus, to an evaluation folder."""

import hashlib
import json
from pathlib import Path
from typing import Any

from undertone.bundle import Bundle
from undertone.config import AudioParams
from undertone.corpora.intake import INFO
from undertone.errors import CorpusError
from undertone.evaluation.card import write_card
from undertone.evaluation.conditions import predict_conditions
from undertone.evaluation.dimensions import score_dimensions
from undertone.evaluation.folder import write_evaluation
from undertone.evaluation.headline import choose_headline
from undertone.evaluation.record import Evaluation, Provenance
from undertone.evaluation.signals import measure_signals
from undertone.evaluation.summary import summarise
from undertone.files import sha256_of_file
from undertone.leaks import assert_no_leak
from undertone.manifest import read_manifest
from undertone.splits import split_hash
from undertone.training.examples import ACOUSTIC_FILE, load_examples


def evaluate(
    bundle: Path,
    corpus: Path,
    heard: Path,
    out: Path,
    split: str = "test",
    audio: AudioParams | None = None,
    headline: str | None = None,
) -> Evaluation:
    """Score a bundle on the speakers it was not trained on, and write an evaluation folder.

    Args:
        bundle: a model bundle.
        corpus: a corpus folder.
        heard: its heard folder.
        out: the evaluation folder to write, see docs/architecture.md.
        split: the split to score on.
        audio: bounds and cleaning of recordings.
        headline: the condition that counts, see `undertone.evaluation.headline`.

    Raises:
        ConfigError: the headline is no condition that was tested.
        ModelError: the bundle cannot be used.
        CorpusError: the split is empty or leaks into another, has emotions that the bundle does
            not know, or the bundle was trained on other splits of this very corpus.
    """
    model = Bundle.load(bundle)
    rows = read_manifest(heard)
    assert_no_leak(rows)
    info = corpus_info(corpus)
    require_same_splits(model.info, heard, split_hash(rows))
    examples = load_examples(corpus, heard, split)
    predictions = predict_conditions(model, examples, audio)
    provenance = Provenance(
        protocol=f"{split} split",
        corpus=info["name"],
        split_hash=split_hash(rows),
        data_revision=info["data_revision"],
        bundle_hash=hash_of_folder(bundle),
        headline=choose_headline(predictions.logits, set(examples.rows["corpus"]), headline),
        seed=int(model.info.get("seed", 0)),
        temperature=model.temperature,
    )
    evaluation = summarise(predictions, provenance)
    evaluation.dimensions = score_dimensions(model, examples, audio, provenance.seed)
    signals = measure_signals(examples.paths("path"), audio or AudioParams())
    write_evaluation(out, evaluation, predictions, signals)
    write_card(out, model)
    return evaluation


def corpus_info(corpus: Path) -> dict[str, Any]:
    """What `corpus.json` says: `name`, `data_revision` and counts.

    Raises:
        CorpusError: it is missing or not readable.
    """
    try:
        info: dict[str, Any] = json.loads((corpus / INFO).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(f"{corpus} is no corpus folder: {INFO} cannot be read.") from error
    return info


def hash_of_folder(folder: Path) -> str:
    """Hex SHA-256 of the names and contents of all files in a folder."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder).as_posix()}\t{sha256_of_file(file)}\n".encode())
    return digest.hexdigest()


def require_same_splits(trained: dict[str, Any], heard: Path, splits: str) -> None:
    """Refuse to score a bundle on speakers that it may have learnt from.

    Args:
        trained: what the bundle tells of its training.
        heard: a heard folder.
        splits: the split hash of its manifest.

    Raises:
        CorpusError: the bundle was trained on this very folder with other splits.
    """
    same_speech = trained.get("heard_revision") == sha256_of_file(heard / ACOUSTIC_FILE)
    if same_speech and trained.get("split_hash") != splits:
        raise CorpusError(
            "The bundle was trained on this corpus with other splits: its test speakers may be "
            "among those it learnt from. Evaluate with the folders it was trained on."
        )
