"""What is told of a long recording."""

from enum import StrEnum

from pydantic import BaseModel, Field

from serving.schemas import Answer, Problem
from undertone.long import Passage, Summary


class State(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


UNFINISHED = (State.WAITING, State.RUNNING)


class Job(BaseModel):
    """A long recording that is being heard, or was.

    Attributes:
        job_id: of whoever knows it, the job is.
        state: `interrupted` where the service stopped before the end: send the recording again.
        created_at: when it was taken, in seconds since 1970.
        speaker_id: who speaks, under the caller's pseudonym.
        seconds: how much of the recording was heard.
        total_seconds: how long it is, as far as is known yet.
        utterances: how many were judged.
        problem: why it failed.
        summary: of the whole, once it is done.
    """

    job_id: str
    state: State = State.WAITING
    created_at: float
    speaker_id: str | None = None
    seconds: float = Field(0.0, ge=0)
    total_seconds: float = Field(0.0, ge=0)
    utterances: int = Field(0, ge=0)
    problem: Problem | None = None
    summary: Summary | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.state not in UNFINISHED


class JudgedPassage(Passage):
    """An utterance of a long recording with its answer, or why there is none.

    The times in the answer are those of the recording.
    """

    answer: Answer | None = None
    problem: Problem | None = None
