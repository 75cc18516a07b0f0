"""Request bodies, read by hand.

Bento's own reader would fetch a URL that stands where a file should, decode JSON inside a text
field ("1.10" becomes 1.1) and log the input of what it refuses.
"""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import bentoml
from pydantic import Field, PrivateAttr, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from serving.refusal import RefusedError, invalid
from serving.schemas import Feedback
from undertone.config import Params
from undertone.query import Query
from undertone.use import Purpose, Role, Word, choose
from undertone.view import View

FILES = ("audio", "image")
OF_ONE_UTTERANCE = ("text", "context", "image")
WORDS = (
    "text",
    "context",
    "language",
    "labels",
    "speaker_id",
    "call_id",
    "channel",
    "tenant",
    "role",
    "purpose",
    "consent",
    "timeline",
    "transcript",
    "words",
)
TRUTHS = {"true": True, "1": True, "false": False, "0": False}
MAX_NAME_CHARACTERS = 200
FORM_TYPE, JSON_TYPE = "multipart/form-data", "application/json"


@dataclass(frozen=True)
class Utterance(Query):
    """What a caller sent to be judged, and who spoke where.

    Attributes:
        speaker_id: who spoke, under a pseudonym of the caller's.
        call_id: groups the utterances of one conversation.
        channel: how the utterance came in.
        tenant: whose conversation it is; a tenant may have a model of its own.
        role: who spoke, in their relation to the operator.
        purpose: what the emotion is inferred for.
        consent: whether the speaker agreed to text and audio being kept.
        view: how the emotions are to be told, where not as the model does.
    """

    speaker_id: str | None = None
    call_id: str | None = None
    channel: str | None = None
    tenant: str | None = None
    role: Role | None = None
    purpose: Purpose | None = None
    consent: bool | None = None
    view: View | None = None


class Unread(bentoml.IODescriptor):  # type: ignore[misc]
    """A body that Bento documents but does not touch."""

    _request: Request = PrivateAttr()

    @classmethod
    async def from_http_request(cls, request: Request, serde: Any) -> Self:  # noqa: ARG003
        """Keep the request for the endpoint to read."""
        form: Self = cls.model_construct()
        form._request = request
        return form


class PredictForm(Unread):
    """An utterance: at least one of audio, text and image."""

    audio: Path | None = Field(None, description="A recording, in any format that FFmpeg decodes.")
    text: str | None = Field(
        None, description="What was said; without it the audio is transcribed."
    )
    context: str | None = Field(
        None, description="What was said before, newest last; used by a model of dialogues."
    )
    image: Path | None = Field(None, description="A picture of the speaker's face.")
    speaker_id: str | None = Field(
        None, description="Who spoke, under a pseudonym of the caller's."
    )
    call_id: str | None = Field(None, description="Groups the utterances of one conversation.")
    channel: str | None = Field(None, description="How the utterance came in: telephone, web, …")
    tenant: str | None = Field(
        None, description="Whose conversation it is; a tenant's own model answers, if it has one."
    )
    role: Role | None = Field(
        None, description="Who speaks: needed, unless the deployment has a default."
    )
    purpose: Purpose | None = Field(
        None, description="What the emotion is for: needed, unless the deployment has a default."
    )
    consent: bool | None = Field(
        None, description="Whether the speaker agreed to text and audio being kept."
    )
    timeline: bool = Field(
        False, description="Whether the emotion over time and of each word is wanted too."
    )
    transcript: bool = Field(
        True, description="Whether the audio is transcribed; without it the voice speaks alone."
    )
    words: bool = Field(True, description="Whether the times of the words are wanted.")
    language: str | None = Field(
        None, description="What is spoken, by its code, for a Whisper of many languages."
    )
    labels: str | None = Field(
        None,
        description="The emotions that are wanted: some of the model's (`anger,sadness`), or a "
        'JSON object that renames and joins them (`{"anger": "negative", "fear": "negative"}`). '
        "Feedback is given in the model's own.",
    )

    async def read(self, params: Params) -> Utterance:
        """Read the form.

        Raises:
            RefusedError: it is no form, holds nothing to judge, or a field is over its bound.
        """
        form = await self._form()
        audio = await _bytes(form, "audio", params.audio.max_bytes)
        utterance = await self._utterance(form, audio, params)
        if utterance.audio is None and utterance.text is None and utterance.image is None:
            raise RefusedError(400, "The form holds neither audio nor text nor image.", "Send one.")
        return utterance

    async def _form(self) -> FormData:
        _require(self._request, FORM_TYPE)
        try:
            form = await self._request.form(max_files=len(FILES), max_fields=len(WORDS))
        except HTTPException as error:
            raise RefusedError(400, f"The form cannot be read: {error.detail}") from None
        if unknown := sorted(set(form) - {*FILES, *WORDS}):
            known = ", ".join((*FILES, *WORDS))
            raise RefusedError(
                400, f"The form has an unknown field {unknown[0]!r:.60}. Known: {known}."
            )
        return form

    async def _utterance(self, form: FormData, audio: bytes | None, params: Params) -> Utterance:
        return Utterance(
            audio=audio,
            text=_words(form, "text", params.serving.max_text_characters),
            context=_words(form, "context", params.serving.max_text_characters),
            image=await _bytes(form, "image", params.serving.max_image_bytes),
            speaker_id=_words(form, "speaker_id", MAX_NAME_CHARACTERS),
            call_id=_words(form, "call_id", MAX_NAME_CHARACTERS),
            channel=_words(form, "channel", MAX_NAME_CHARACTERS),
            tenant=_words(form, "tenant", MAX_NAME_CHARACTERS),
            role=_choice(form, "role", Role),
            purpose=_choice(form, "purpose", Purpose),
            consent=_truth(form, "consent"),
            timeline=_truth(form, "timeline") is True,
            transcribe=_truth(form, "transcript") is not False,
            words=_truth(form, "words") is not False,
            language=_words(form, "language", MAX_NAME_CHARACTERS),
            view=_view(form, params.serving.max_text_characters),
        )


class JobForm(PredictForm):
    """A long recording, and what is asked about each of its utterances."""

    async def read_long(self, params: Params) -> tuple[Utterance, BinaryIO]:
        """Read the form; the recording lies on disk, in a file that vanishes when it is closed.

        Raises:
            RefusedError: it is no form, holds no recording, or a field is over its bound.
        """
        form = await self._form()
        if unfit := [name for name in OF_ONE_UTTERANCE if name in form]:
            raise RefusedError(
                422, f"{unfit[0]} belongs to one utterance, not to a long recording."
            )
        asked = await self._utterance(form, None, params)
        upload = _file(form, "audio")
        if upload is None:
            raise RefusedError(400, "The form holds no audio.", "Send a recording.")
        _require_size("audio", upload.size or 0, params.long.max_bytes)
        return asked, await asyncio.to_thread(_kept, upload)


class FeedbackForm(Unread, Feedback):
    """Feedback on a prediction."""

    async def read(self) -> Feedback:
        """Read the JSON body.

        Raises:
            RefusedError: it is not JSON, or a field is missing or wrong.
        """
        _require(self._request, JSON_TYPE)
        try:
            return Feedback.model_validate_json(await self._request.body())
        except ValidationError as error:
            raise invalid(error) from None


def _require(request: Request, media_type: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != media_type:
        raise RefusedError(415, f"{request.url.path} takes {media_type}.")


async def _bytes(form: FormData, name: str, limit: int) -> bytes | None:
    upload = _file(form, name)
    if upload is None:
        return None
    data = await upload.read(limit + 1)
    _require_size(name, len(data), limit)
    return data


def _file(form: FormData, name: str) -> UploadFile | None:
    part = form.get(name)
    if isinstance(part, str):
        raise RefusedError(422, f"{name} must be sent as a file.", f"With curl: -F {name}=@FILE")
    return part


def _require_size(name: str, size: int, limit: int) -> None:
    if not size:
        raise RefusedError(422, f"{name} is an empty file.")
    if size > limit:
        raise RefusedError(413, f"{name} may have at most {limit / 1e6:g} MB.")


def _kept(upload: UploadFile) -> BinaryIO:
    """An upload as a file of its own, as the request's is closed with the request."""
    file = os.fdopen(os.dup(upload.file.fileno()), "rb")
    file.seek(0)
    return file


def _words(form: FormData, name: str, limit: int) -> str | None:
    part = form.get(name)
    if isinstance(part, UploadFile):
        raise RefusedError(422, f"{name} must be sent as text, not as a file.")
    if part and len(part) > limit:
        raise RefusedError(413, f"{name} may have at most {limit} characters.")
    return (part or "").strip() or None


def _choice(form: FormData, name: str, kind: type[Word]) -> Word | None:
    word = _words(form, name, MAX_NAME_CHARACTERS)
    return choose(kind, word, name) if word else None


def _truth(form: FormData, name: str) -> bool | None:
    word = _words(form, name, MAX_NAME_CHARACTERS)
    if word is None:
        return None
    if word.lower() not in TRUTHS:
        raise RefusedError(422, f"{name} must be true or false, not {word!r:.60}.")
    return TRUTHS[word.lower()]


def _view(form: FormData, limit: int) -> View | None:
    labels = _words(form, "labels", limit)
    return View.parse(labels) if labels else None
