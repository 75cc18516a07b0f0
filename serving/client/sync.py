"""The client that waits for its answers."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx
from tenacity import Retrying

from serving.client import calls
from serving.client.calls import Call, Wishes
from serving.client.connection import Connection
from serving.client.errors import failed
from serving.client.patience import patience, until
from serving.jobs.schemas import Job, JudgedPassage
from serving.schemas import Answer, ModelStatus

T = TypeVar("T")


class Client:
    """Asks a running service.

    Args:
        url: where it listens.
        timeout: seconds to wait for an answer.
        key: an API key or token, where the service needs one.
        retries: how often a call is asked again, see `serving.client.patience`.

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
        retries: int = 3,
    ) -> None:
        self._connection = Connection(url, timeout, key, retries)
        self._http = httpx.Client(**self._connection.settings)

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
        **wishes: Unpack[Wishes],
    ) -> Answer:
        """The emotion of an utterance; give at least one of audio, text and image.

        Args:
            audio: a recording, as a file or its bytes.
            text: what was said; without it the audio is transcribed.
            image: a picture of the speaker's face, as a file or its bytes.
            wishes: what else there is to say, see `serving.client.calls.Wishes`.

        Raises:
            ServiceError: the service refused, or was not reached.
            UndertoneError: a file cannot be read.
        """
        return self._ask(calls.predict(audio, text, image, wishes))

    def hear(self, audio: Path, **wishes: Unpack[Wishes]) -> Job:
        """Send a recording of hours, which is heard in the background.

        Args:
            audio: the file; it is never in memory as a whole.
            wishes: what is asked about each utterance in it; there is no context.

        Raises:
            ServiceError: the service refused, or was not reached.
            UndertoneError: the file cannot be read.
        """
        with calls.opened(audio) as file:
            return self._ask(calls.hear(file, wishes))

    def job(self, job_id: str) -> Job:
        """How far a long recording is, and what it amounts to.

        Raises:
            ServiceError: there is no such job, or the service was not reached.
        """
        return self._ask(calls.job(job_id))

    def utterances(self, job_id: str) -> list[JudgedPassage]:
        """The answers about a long recording so far.

        Raises:
            ServiceError: there is no such job, or the service was not reached.
        """
        return self._ask(calls.utterances(job_id))

    def stop(self, job_id: str) -> Job:
        """Stop a job, whose answers so far stay; or forget one that is finished.

        Raises:
            ServiceError: there is no such job, or the service was not reached.
        """
        return self._ask(calls.stop(job_id))

    def feedback(
        self, prediction_id: str, emotion: str, *, source: str, role: str | None = None
    ) -> None:
        """Tell what the emotion of a prediction really was. Telling it again changes nothing.

        Raises:
            ServiceError: the prediction is unknown, the emotion is none, or `source` said
                otherwise before.
        """
        self._ask(calls.feedback(prediction_id, emotion, source, role))

    def forget(self, speaker_id: str) -> dict[str, int]:
        """Delete all that is kept of a speaker; asks for the scope `admin`.

        Returns:
            How many predictions, feedback, recordings and jobs were deleted.

        Raises:
            ServiceError: the key does not allow it, or the service was not reached.
        """
        return self._ask(calls.forget(speaker_id))

    def model(self) -> ModelStatus:
        """Which model answers.

        Raises:
            ServiceError: the service was not reached.
        """
        return self._ask(calls.model())

    def wait_for_champion(self, tag: str, timeout: float = 60.0) -> None:
        """Wait until `tag` answers.

        Raises:
            ServiceError: it took longer than `timeout` seconds.
        """
        self._ask(calls.champion_is(tag), **until(timeout))

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Wait until a champion answers.

        Raises:
            ServiceError: it took longer than `timeout` seconds.
        """
        self._ask(calls.ready(), **until(timeout))

    def _ask(self, call: Call[T], **repeating: Any) -> T:
        how = repeating or patience(self._connection.retries, repeatable=call.repeatable)
        answer: T = Retrying(**how)(self._ask_once, call)
        return answer

    def _ask_once(self, call: Call[T]) -> T:
        try:
            response = self._http.request(call.method, call.path, **call.content)
        except httpx.HTTPError as error:
            raise failed(self._connection.url, error) from error
        return call.answer(response)
