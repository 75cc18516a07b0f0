"""GoEmotions: comments from the web, 27 emotions and neutral, official splits.

Demszky et al., "GoEmotions: A Dataset of Fine-Grained Emotions", ACL 2020. Its emotions are
gathered to Ekman's six and neutral as the authors do.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from undertone.config import CorpusParams
from undertone.corpora.base import Item, Reject, SourceUtterance
from undertone.corpora.folders import source_of
from undertone.corpora.typography import plain
from undertone.errors import CorpusError

FILES = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
LABEL_FILES = ("emotions.txt", "labels.txt")
GATHERED = {
    "anger": ("anger", "annoyance", "disapproval"),
    "disgust": ("disgust",),
    "fear": ("fear", "nervousness"),
    "happiness": (
        "joy",
        "admiration",
        "amusement",
        "approval",
        "caring",
        "desire",
        "excitement",
        "gratitude",
        "love",
        "optimism",
        "pride",
        "relief",
    ),
    "neutral": ("neutral",),
    "sadness": ("sadness", "disappointment", "embarrassment", "grief", "remorse"),
    "surprise": ("surprise", "confusion", "curiosity", "realization"),
}
EMOTION_OF = {fine: emotion for emotion, names in GATHERED.items() for fine in names}


@dataclass(frozen=True)
class Comment:
    """A comment with all the emotions, gathered to Ekman's, that its annotators gave it."""

    name: str
    text: str
    emotions: tuple[str, ...]
    split: str
    place: str


def read_goemotions(params: CorpusParams) -> list[Item]:
    """The comments of the three tables (text, label numbers, comment id), text alone.

    Who wrote a comment is not told, so each stands for its own speaker. Comments with several
    emotions are refused.

    Raises:
        CorpusError: a table or the list of labels is missing, or a label is unknown.
    """
    return [
        found if isinstance(found, Reject) else _item(found)
        for found in read_comments(source_of(params))
    ]


def read_comments(folder: Path) -> list[Comment | Reject]:
    """All comments of the three tables, those with several emotions among them.

    Label numbers are lines of `emotions.txt` (28 of them) or `labels.txt` (gathered already).

    Raises:
        CorpusError: a table or the list of labels is missing, or a label is unknown.
    """
    emotions = _emotions(folder)
    return [
        _comment(row, emotions, split, f"{name}:{line}")
        for split, name in FILES.items()
        for line, row in enumerate(_rows(folder / name), start=1)
    ]


def _emotions(folder: Path) -> dict[str, str]:
    for name in LABEL_FILES:
        if (folder / name).is_file():
            labels = (folder / name).read_text(encoding="utf-8").split()
            break
    else:
        raise CorpusError(f"{folder} has neither {' nor '.join(LABEL_FILES)}.")
    unknown = [label for label in labels if label not in EMOTION_OF]
    if unknown:
        raise CorpusError(f"{folder / name}: {', '.join(unknown)} are no GoEmotions labels.")
    return {str(number): EMOTION_OF[label] for number, label in enumerate(labels)}


def _rows(path: Path) -> list[list[str]]:
    if not path.is_file():
        raise CorpusError(f"{path} is missing: GoEmotions has {', '.join(FILES.values())}.")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _comment(
    row: Sequence[str], emotion_of: Mapping[str, str], split: str, place: str
) -> Comment | Reject:
    try:
        text, numbers, name = row
        felt = sorted({emotion_of[number] for number in numbers.split(",")})
    except (ValueError, KeyError):
        return Reject(place, "not a row of text, label numbers and comment id, split by tabs")
    return Comment(f"goemotions-{name}", plain(text), tuple(felt), split, place)


def _item(comment: Comment) -> Item:
    if len(comment.emotions) > 1:
        return Reject(comment.place, f"several emotions at once: {', '.join(comment.emotions)}")
    return SourceUtterance(
        utterance_id=comment.name,
        corpus="goemotions",
        speaker_id=comment.name,
        language="en",
        emotion=comment.emotions[0],
        text=comment.text,
        split=comment.split,
    )
