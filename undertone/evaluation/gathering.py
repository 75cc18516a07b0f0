"""Several corpora, heard by the same Whisper, as one set of examples."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from undertone.errors import ConfigError, CorpusError
from undertone.evaluation.evaluator import corpus_info
from undertone.files import sha256_of_file
from undertone.manifest import FILE
from undertone.model.config import MODALITIES
from undertone.training.examples import ACOUSTIC_FILE, Examples, load_examples

Folders = tuple[Path, Path]  # a corpus folder and its heard folder
COLUMNS = {"audio": ("path",), "text": ("text", "transcript", "words"), "image": ("image_path",)}


@dataclass(frozen=True)
class Gathered:
    """Examples of one corpus or several.

    Attributes:
        examples: all of them, one corpus after the other.
        name: of the corpora.
        data_revision: of the corpora.
        heard_revision: hash of what was heard in them.
    """

    examples: Examples
    name: str
    data_revision: str
    heard_revision: str


def gather(corpora: Sequence[Folders]) -> Gathered:
    """Read corpora and what was heard in them.

    Only splits that are a corpus's own stay in the rows; those that were dealt out are left out.

    Args:
        corpora: corpus and heard folder of each.

    Raises:
        CorpusError: there is none, a folder is not what it should be, two have an utterance in
            common, or they were not heard by the same Whisper in the same way.
    """
    if not corpora:
        raise CorpusError("There is no corpus to evaluate on.")
    _require_same_listening([heard for _, heard in corpora])
    infos = [corpus_info(corpus) for corpus, _ in corpora]
    parts = [_examples(*folders, info) for folders, info in zip(corpora, infos, strict=True)]
    examples = Examples.concat(parts)
    _require_distinct(examples)
    files = [heard / name for _, heard in corpora for name in (FILE, ACOUSTIC_FILE)]
    return Gathered(
        examples=examples,
        name=" + ".join(info["name"] for info in infos),
        data_revision=_joined([info["data_revision"] for info in infos]),
        heard_revision=_joined([sha256_of_file(file) for file in files]),
    )


def drop(examples: Examples, without: Collection[str]) -> Examples:
    """The same utterances as if they had never had some modalities.

    Args:
        examples: utterances.
        without: `audio`, `text` or `image`.

    Raises:
        ConfigError: a name is no modality.
        CorpusError: an utterance has nothing left.
    """
    if unknown := sorted(set(without) - set(MODALITIES)):
        raise ConfigError(
            f"There is no modality '{unknown[0]}' to do without. Known: {', '.join(MODALITIES)}."
        )
    empty = {column: None for name in without for column in COLUMNS[name]}
    left = replace(examples, rows=examples.rows.assign(**empty))
    bare = int((~left.present().any(dim=1)).sum())
    if bare:
        raise CorpusError(f"Without {' and '.join(sorted(without))} {bare} utterances are empty.")
    return left


def _examples(corpus: Path, heard: Path, info: dict[str, Any]) -> Examples:
    examples = load_examples(corpus, heard)
    if info.get("split_protocol") == "official":
        return examples
    return replace(examples, rows=examples.rows.assign(split=None))


def _require_distinct(examples: Examples) -> None:
    names = examples.rows["utterance_id"]
    if names.duplicated().any():
        raise CorpusError(
            f"The corpora both have {names[names.duplicated()].iloc[0]}: give each corpus once."
        )


def _require_same_listening(heard: Sequence[Path]) -> None:
    first, *others = heard
    for other in others:
        if _listening(first) != _listening(other):
            raise CorpusError(
                f"{first} and {other} were heard by different Whispers or with different "
                "settings, so that no model can learn from one and be tested on the other. Hear "
                "them again with the same settings."
            )


def _listening(heard: Path) -> Any:
    file = heard / "listening.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _joined(hashes: Sequence[str]) -> str:
    if len(hashes) == 1:
        return hashes[0]
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()
