"""What can be asked of the service: each call as a request, and as the answer to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypedDict, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter

from serving.client.errors import ServiceError, refused
from serving.jobs.schemas import Job, JudgedPassage
from serving.schemas import Answer, Feedback, ModelStatus
from undertone.errors import UndertoneError

T = TypeVar("T")


class Wishes(TypedDict, total=False):
    """What may be said of an utterance beside its audio, text and image.

    Attributes:
        context: what was said before, newest last; used by a model of dialogues.
        speaker_id: who spoke, under a pseudonym of yours.
        call_id: groups the utterances of one conversation.
        channel: how the utterance came in.
        tenant: whose conversation it is; that tenant's own model answers, if it has one.
        role: who speaks, one of `undertone.use.Role`.
        purpose: what the emotion is for, one of `undertone.use.Purpose`.
        consent: whether the speaker agreed to text and audio being kept.
        timeline: whether the emotion over time and of each word is wanted too.
        transcript: whether audio is transcribed; it is, unless told otherwise.
        words: whether the times of words are wanted; they are, unless told otherwise.
        language: what is spoken, by its code.
        labels: the emotions that are wanted, `anger,sadness`, or JSON that renames them.
    """

    context: str | None
    speaker_id: str | None
    call_id: str | None
    channel: str | None
    tenant: str | None
    role: str | None
    purpose: str | None
    consent: bool | None
    timeline: bool
    transcript: bool
    words: bool
    language: str | None
    labels: str | None


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request that a transport sends, and how its answer is read.

    Attributes:
        repeatable: whether asking twice is the same as asking once.
    """

    method: str
    path: str
    read: Callable[[bytes], T]
    content: Mapping[str, Any] = field(default_factory=dict)
    repeatable: bool = True

    def answer(self, response: httpx.Response) -> T:
        """Read an answer.

        Raises:
            ServiceError: it is a refusal.
        """
        if response.is_error:
            raise refused(
                response.url,
                response.status_code,
                response.content,
                response.headers.get("retry-after"),
            )
        return self.read(response.content)


def predict(
    audio: Path | bytes | None, text: str | None, image: Path | bytes | None, wishes: Wishes
) -> Call[Answer]:
    """The emotion of an utterance. It is kept each time, so it is not repeated unheard.

    Raises:
        UndertoneError: a file cannot be read.
    """
    words = {"text": text, **wishes}
    parts: dict[str, Any] = {name: (None, _word(word)) for name, word in _said(words)}
    for name, source in (("audio", audio), ("image", image)):
        if source is not None:
            parts[name] = _file(name, source)
    content = {"files": parts or {"text": (None, "")}}
    return Call("POST", "/predict", Answer.model_validate_json, content, repeatable=False)


def hear(recording: BinaryIO, wishes: Wishes) -> Call[Job]:
    """Take a recording of hours, to be heard in the background."""
    data = {name: _word(word) for name, word in _said(wishes)}
    content = {"files": {"audio": recording}, "data": data}
    return Call("POST", "/jobs", Job.model_validate_json, content, repeatable=False)


def job(job_id: str) -> Call[Job]:
    """How far a long recording is, and what it amounts to."""
    return Call("GET", f"/jobs/{job_id}", Job.model_validate_json)


def utterances(job_id: str) -> Call[list[JudgedPassage]]:
    """The answers about a long recording so far."""

    def read(body: bytes) -> list[JudgedPassage]:
        return [JudgedPassage.model_validate_json(line) for line in body.splitlines()]

    return Call("GET", f"/jobs/{job_id}/utterances", read)


def stop(job_id: str) -> Call[Job]:
    """Stop a job, or forget one that is finished."""
    return Call("DELETE", f"/jobs/{job_id}", Job.model_validate_json, repeatable=False)


def feedback(prediction_id: str, emotion: str, source: str, role: str | None) -> Call[None]:
    """What the emotion of a prediction really was."""
    body = Feedback(prediction_id=prediction_id, emotion=emotion, source=source, role=role)
    return Call("POST", "/feedback", _nothing, {"json": body.model_dump()})


def forget(speaker_id: str) -> Call[dict[str, int]]:
    """Delete what is kept of a speaker."""
    path = f"/subjects/{quote(speaker_id, safe='')}"
    return Call("DELETE", path, TypeAdapter(dict[str, int]).validate_json)


def model() -> Call[ModelStatus]:
    """Which model answers."""
    return Call("GET", "/model", ModelStatus.model_validate_json)


def ready() -> Call[None]:
    """Whether a champion answers."""
    return Call("GET", "/readyz", _nothing)


def champion_is(tag: str) -> Call[None]:
    """Whether a model answers; an error where it is another."""

    def read(body: bytes) -> None:
        status = ModelStatus.model_validate_json(body)
        if status.tag != tag:
            raise ServiceError(
                f"{status.tag} still answers, not {tag}. {status.problem or ''}", code="not_swapped"
            )

    return Call("GET", "/model", read)


def _nothing(_body: bytes) -> None:
    return None


def opened(path: Path) -> BinaryIO:
    """A file to be sent.

    Raises:
        UndertoneError: it cannot be read.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise UndertoneError(f"{path} cannot be read: {error.strerror}.") from error


def _said(words: Mapping[str, Any]) -> list[tuple[str, str | bool]]:
    return [(name, word) for name, word in words.items() if word not in (None, "")]


def _word(word: str | bool) -> str:
    return str(word).lower() if isinstance(word, bool) else word


def _file(name: str, source: Path | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return name, source
    with opened(source) as file:
        return name, file.read()
