"""MELD: the transcripts of a television series, in dialogues, seven emotions, official splits.

Poria et al., "MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in Conversations",
ACL 2019.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from undertone.config import CorpusParams
from undertone.corpora.base import Item, Reject, SourceUtterance
from undertone.corpora.folders import source_of
from undertone.corpora.typography import plain
from undertone.errors import CorpusError

FILES = {
    "train": "train_sent_emo.csv",
    "validation": "dev_sent_emo.csv",
    "test": "test_sent_emo.csv",
}
COLUMNS = {"Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID"}
EMOTION_OF = {
    "anger": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "joy": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprise": "surprise",
}


def read_meld(params: CorpusParams) -> list[Item]:
    """The utterances of MELD's three tables, text alone.

    The utterance id is split, dialogue and turn, as dialogue numbers start anew in each split.

    Raises:
        CorpusError: a table is missing or lacks a column.
    """
    folder = source_of(params)
    items: list[Item] = []
    for split, name in FILES.items():
        rows = _rows(folder / name)
        contexts = _contexts(rows, params.context_characters)
        items += [
            _item(row, context, split, f"{name}:{line}")
            for line, (row, context) in enumerate(zip(rows, contexts, strict=True), start=2)
        ]
    return items


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise CorpusError(f"{path} is missing: MELD has {', '.join(FILES.values())}.")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = sorted(COLUMNS - set(reader.fieldnames or ()))
        if missing:
            raise CorpusError(f"{path} lacks the columns {', '.join(missing)}.")
        return list(reader)


def _contexts(rows: Sequence[Mapping[str, str]], characters: int) -> Iterator[str | None]:
    """The turns before each row in its dialogue, the latest `characters` of them."""
    told: dict[str, str] = {}
    for row in rows:
        before = told.get(row["Dialogue_ID"], "")
        kept = before[max(len(before) - characters, 0) :].strip()
        yield kept or None
        turn = f"{plain(row['Speaker'])}: {plain(row['Utterance'])}"
        told[row["Dialogue_ID"]] = f"{before}\n{turn}".lstrip()


def _item(row: Mapping[str, str], context: str | None, split: str, place: str) -> Item:
    emotion = EMOTION_OF.get(row["Emotion"])
    if emotion is None:
        known = ", ".join(EMOTION_OF)
        return Reject(place, f"Emotion: '{row['Emotion']}' is not one of {known}")
    return SourceUtterance(
        utterance_id=f"meld-{split}-{row['Dialogue_ID']}-{row['Utterance_ID']}",
        corpus="meld",
        speaker_id=f"meld-{plain(row['Speaker'])}",
        language="en",
        emotion=emotion,
        text=plain(row["Utterance"]),
        context=context,
        split=split,
    )
