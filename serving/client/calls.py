"""What can be asked of the service: each call as a request, and as the answer to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypedDict, TypeVar

import httpx

from serving.client.errors import ServiceError, refused
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
    words: dict[str, Any] = {"text": text, **wishes}
    parts: dict[str, Any] = {
        name: (None, _word(word)) for name, word in words.items() if word not in (None, "")
    }
    for name, source in (("audio", audio), ("image", image)):
        if source is not None:
            parts[name] = _file(name, source)
    content = {"files": parts or {"text": (None, "")}}
    return Call("POST", "/predict", Answer.model_validate_json, content, repeatable=False)


def feedback(prediction_id: str, emotion: str, source: str, role: str | None) -> Call[None]:
    """What the emotion of a prediction really was."""
    body = Feedback(prediction_id=prediction_id, emotion=emotion, source=source, role=role)
    return Call("POST", "/feedback", _nothing, {"json": body.model_dump()})


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


def _word(word: str | bool) -> str:
    return str(word).lower() if isinstance(word, bool) else word


def _file(name: str, source: Path | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return name, source
    try:
        return source.name, source.read_bytes()
    except OSError as error:
        raise UndertoneError(f"{source} cannot be read: {error.strerror}.") from error
