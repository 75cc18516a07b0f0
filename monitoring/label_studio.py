"""The review queue as tasks of Label Studio, and its annotations as feedback.

The JSON formats are those of Label Studio's import and export, as its documentation tells them
(labelstud.io/guide/tasks and labelstud.io/guide/export).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pydantic import BaseModel, TypeAdapter, ValidationError

from monitoring.store import ConflictError, LabelError, NotFoundError, PredictionRow, Store
from monitoring.vetting import SHELL
from undertone.corpora.base import Reject
from undertone.errors import CorpusError
from undertone.labels import EMOTIONS

CHOICE, TEXT = "emotion", "text"
LOCAL_FILES = "/data/local-files/?d="
NOT_KEPT = "(words were not kept)"


@dataclass(frozen=True)
class Answer:
    """What a person says of a prediction.

    Attributes:
        prediction_id: of the prediction.
        emotion: that was heard.
        source: who says so.
    """

    prediction_id: str
    emotion: str
    source: str


class _Value(BaseModel):
    choices: list[str] = []


class _Mark(BaseModel):
    from_name: str = ""
    value: _Value = _Value()


class _Annotation(BaseModel):
    completed_by: int | str | dict[str, Any] | None = None
    was_cancelled: bool = False
    result: list[_Mark]

    @property
    def who(self) -> str:
        by = self.completed_by
        return f"label-studio:{by.get('id') if isinstance(by, dict) else by}"

    @property
    def choices(self) -> list[str]:
        return [
            choice
            for mark in self.result
            if mark.from_name == CHOICE
            for choice in mark.value.choices
        ]


class _Data(BaseModel):
    prediction_id: str


class _Task(BaseModel):
    data: _Data
    annotations: list[_Annotation]


def tasks(queue: Sequence[tuple[PredictionRow, str]]) -> list[dict[str, Any]]:
    """A task for each prediction that waits, with the model's own answer as a suggestion.

    Recordings are named as Label Studio's local storage of the folder `audio` in the home would.

    Args:
        queue: predictions and why they are doubtful.
    """
    return [_task(row, reason) for row, reason in queue]


def interface(with_audio: bool) -> str:
    """Label Studio's labelling interface for `tasks` (XML)."""
    view = ElementTree.Element("View")
    if with_audio:
        ElementTree.SubElement(view, "Audio", name="audio", value="$audio")
    ElementTree.SubElement(view, "Text", name=TEXT, value="$text")
    choices = ElementTree.SubElement(view, "Choices", name=CHOICE, toName=TEXT, choice="single")
    for emotion in EMOTIONS:
        ElementTree.SubElement(choices, "Choice", value=emotion)
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def answers(exported: Path) -> tuple[list[Answer], list[Reject]]:
    """What people answered, from Label Studio's JSON export; skipped tasks are left out.

    Returns:
        The answers, and the annotations that name no emotion or several.

    Raises:
        CorpusError: it is no such export.
    """
    found: list[Answer] = []
    refused: list[Reject] = []
    for task in _read(exported):
        for annotation in task.annotations:
            if annotation.was_cancelled:
                continue
            asked, choices = task.data.prediction_id, annotation.choices
            if len(choices) == 1:
                found.append(Answer(asked, choices[0], annotation.who))
            else:
                reason = f"{annotation.who} chose {len(choices)} emotions, not one"
                refused.append(Reject(asked, reason))
    return found, refused


def take(store: Store, exported: Path) -> tuple[int, list[Reject]]:
    """Keep what people answered as feedback; taking the same again changes nothing.

    Returns:
        How many answers were kept, and what was refused.

    Raises:
        CorpusError: it is no export of Label Studio.
    """
    told, refused = answers(exported)
    unread = len(refused)
    for one in told:
        try:
            store.add_feedback(
                one.prediction_id,
                one.emotion,
                source=one.source,
                role="annotator",
                given_by=SHELL,
            )
        except (ConflictError, LabelError, NotFoundError) as error:
            refused.append(Reject(one.prediction_id, str(error)))
    return len(told) + unread - len(refused), refused


def _read(exported: Path) -> list[_Task]:
    try:
        return TypeAdapter(list[_Task]).validate_json(exported.read_bytes())
    except OSError as error:
        raise CorpusError(f"{exported} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise CorpusError(
            f"{exported} is no JSON export of Label Studio for these tasks: {place}: "
            f"{first['msg']}."
        ) from error


def _task(row: PredictionRow, reason: str) -> dict[str, Any]:
    data = {"prediction_id": row.id, "text": row.text or NOT_KEPT, "doubt": reason}
    if row.audio_path:
        data["audio"] = LOCAL_FILES + Path(row.audio_path).name
    suggestion = {
        "from_name": CHOICE,
        "to_name": TEXT,
        "type": "choices",
        "value": {"choices": [row.emotion]},
    }
    prediction = {
        "model_version": row.model_tag,
        "score": row.confidence,
        "result": [suggestion],
    }
    return {"data": data, "predictions": [prediction]}
