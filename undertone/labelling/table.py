"""A table some of whose utterances have labels, and what is written about the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from undertone.config import CorpusParams
from undertone.corpora.base import Reject, SourceUtterance
from undertone.corpora.table import read_table
from undertone.errors import CorpusError
from undertone.files import replacing
from undertone.labels import EMOTIONS

COLUMNS = ("utterance_id", "speaker_id", "language", "emotion", "confidence", "path", "text")


@dataclass(frozen=True)
class Label:
    """An emotion that was put to an utterance without anybody listening, and how sure that is."""

    utterance: SourceUtterance
    emotion: str
    confidence: float


@dataclass(frozen=True)
class Partly:
    """A partly labelled table.

    Attributes:
        labelled: utterances with an emotion.
        unlabelled: those whose emotion is empty.
        rejects: rows that cannot be used.
    """

    labelled: list[SourceUtterance]
    unlabelled: list[SourceUtterance]
    rejects: list[Reject]


def read_partly(path: Path) -> Partly:
    """Read a table as `corpus.name: table` takes it, its `emotion` empty where nobody labelled.

    Raises:
        CorpusError: it is no such table, or every row is labelled.
    """
    items = read_table(CorpusParams(name="table", path=str(path)))
    rejects = [item for item in items if isinstance(item, Reject)]
    found = [item for item in items if isinstance(item, SourceUtterance)]
    strange = [item for item in found if item.emotion and item.emotion not in EMOTIONS]
    rejects += [
        Reject(item.place, f"emotion: '{item.emotion}' is not one of {', '.join(EMOTIONS)}")
        for item in strange
    ]
    unlabelled = [item for item in found if not item.emotion]
    if not unlabelled:
        raise CorpusError(f"{path} has no row to label: leave its emotion empty.")
    return Partly([item for item in found if item.emotion in EMOTIONS], unlabelled, rejects)


def write_labels(path: Path, labels: Iterable[Label]) -> None:
    """Write labels as a CSV that `--corpus table=PATH` takes; paths in it are absolute."""
    _write(path, [_row(label.utterance, label.emotion, label.confidence) for label in labels])


def write_proposals(path: Path, utterances: Iterable[SourceUtterance]) -> None:
    """Write utterances to be labelled, the most useful first, as a CSV with empty emotions."""
    _write(path, [_row(utterance, "", None) for utterance in utterances])


def write_refusals(path: Path, refusals: Iterable[Reject]) -> None:
    """Write which utterances got no label, and why."""
    frame = pd.DataFrame([vars(refusal) for refusal in refusals], columns=["place", "reason"])
    with replacing(path) as aside:
        frame.to_csv(aside, index=False)


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    with replacing(path) as aside:
        pd.DataFrame(rows, columns=COLUMNS).to_csv(aside, index=False)


def _row(utterance: SourceUtterance, emotion: str, confidence: float | None) -> dict[str, object]:
    return {
        "utterance_id": utterance.utterance_id,
        "speaker_id": utterance.speaker_id,
        "language": utterance.language,
        "emotion": emotion,
        "confidence": None if confidence is None else round(confidence, 4),
        "path": utterance.source.resolve() if utterance.source else None,
        "text": utterance.text,
    }
