"""A typed client of the service."""

import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from serving.schemas import Answer, Envelope, Feedback, ModelStatus
from undertone.errors import UndertoneError

READY_PAUSE_S = 0.2


class ServiceError(UndertoneError):
    """The service refused a request or was not reached.

    Attributes:
        code: the envelope's code, or `unreachable`.
        status: the HTTP status, 0 if there was no answer.
    """

    def __init__(self, message: str, *, code: str, status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class Client:
    """Asks a running service.

    Args:
        url: where it listens.
        timeout: seconds to wait for an answer.
        key: an API key or token, where the service asks for one.

    Example:
        >>> with Client("http://127.0.0.1:3000") as client:  # doctest: +SKIP
        ...     answer = client.predict(audio=Path("call.wav"))
        ...     client.feedback(answer.prediction_id, "anger", source="me")
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:3000",
        timeout: float = 60.0,
        *,
        key: str | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else None
        self._http = httpx.Client(base_url=url, timeout=timeout, headers=headers, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def predict(
        self,
        audio: Path | bytes | None = None,
        text: str | None = None,
        image: Path | bytes | None = None,
        *,
        context: str | None = None,
        speaker_id: str | None = None,
        call_id: str | None = None,
        channel: str | None = None,
        role: str | None = None,
        purpose: str | None = None,
        consent: bool | None = None,
        timeline: bool = False,
    ) -> Answer:
        """The emotion of an utterance; give at least one of audio, text and image.

        Args:
            audio: a recording, as a file or its bytes.
            text: what was said; without it the audio is transcribed.
            image: a picture of the speaker's face, as a file or its bytes.
            context: what was said before, newest last; used by a model of dialogues.
            speaker_id: who spoke, under a pseudonym of yours.
            call_id: groups the utterances of one conversation.
            channel: how the utterance came in.
            role: who speaks, one of `undertone.use.Role`.
            purpose: what the emotion is for, one of `undertone.use.Purpose`.
            consent: whether the speaker agreed to text and audio being kept.
            timeline: whether the emotion over time and of each word is wanted too.

        Raises:
            ServiceError: the service refused, or was not reached.
            UndertoneError: a file cannot be read.
        """
        words = {
            "text": text,
            "context": context,
            "speaker_id": speaker_id,
            "call_id": call_id,
            "channel": channel,
            "role": role,
            "purpose": purpose,
            "consent": None if consent is None else str(consent).lower(),
            "timeline": "true" if timeline else None,
        }
        parts: dict[str, Any] = {name: (None, word) for name, word in words.items() if word}
        for name, source in (("audio", audio), ("image", image)):
            if source is not None:
                parts[name] = _file(name, source)
        answer = self._ask("POST", "/predict", files=parts or {"text": (None, "")})
        return Answer.model_validate_json(answer)

    def feedback(
        self, prediction_id: str, emotion: str, *, source: str, role: str | None = None
    ) -> None:
        """Tell what the emotion of a prediction really was. Telling it again changes nothing.

        Raises:
            ServiceError: the prediction is unknown, the emotion is none, or `source` said
                otherwise before.
        """
        body = Feedback(prediction_id=prediction_id, emotion=emotion, source=source, role=role)
        self._ask("POST", "/feedback", json=body.model_dump())

    def model(self) -> ModelStatus:
        """Which model answers.

        Raises:
            ServiceError: the service was not reached.
        """
        return ModelStatus.model_validate_json(self._ask("GET", "/model"))

    def wait_for_champion(self, tag: str, timeout: float = 60.0) -> None:
        """Wait until `tag` answers.

        Raises:
            ServiceError: it took longer than `timeout` seconds.
        """
        until = time.monotonic() + timeout
        while (status := self.model()).tag != tag:
            if time.monotonic() > until:
                raise ServiceError(
                    f"{status.tag} still answers, not {tag}. {status.problem or ''}",
                    code="not_swapped",
                )
            time.sleep(READY_PAUSE_S)

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Wait until a champion answers.

        Raises:
            ServiceError: it took longer than `timeout` seconds.
        """
        until = time.monotonic() + timeout
        while True:
            try:
                self._ask("GET", "/readyz")
            except ServiceError:
                if time.monotonic() > until:
                    raise
                time.sleep(READY_PAUSE_S)
            else:
                return

    def _ask(self, method: str, path: str, **content: Any) -> bytes:
        try:
            response = self._http.request(method, path, **content)
        except httpx.HTTPError as error:
            raise ServiceError(
                f"{self._http.base_url} does not answer ({type(error).__name__}). "
                "Start it with 'undertone serve'.",
                code="unreachable",
            ) from error
        if response.is_error:
            raise _refused(response)
        return response.content


def _file(name: str, source: Path | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return name, source
    try:
        return source.name, source.read_bytes()
    except OSError as error:
        raise UndertoneError(f"{source} cannot be read: {error.strerror}.") from error


def _refused(response: httpx.Response) -> ServiceError:
    try:
        problem = Envelope.model_validate_json(response.content).error
    except ValueError:
        message = f"{response.url} answered {response.status_code}; is it an Undertone service?"
        return ServiceError(message, code="unknown", status=response.status_code)
    message = " ".join(filter(None, (problem.message, problem.hint)))
    return ServiceError(message, code=problem.code, status=response.status_code)
