"""Jobs on disk: whichever process is asked can tell of them, and they outlive it."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from serving.jobs.schemas import Job, JudgedPassage, State
from serving.refusal import RefusedError
from undertone.config import home
from undertone.files import write_text

HOUR_S = 3600.0
JOB_ID = re.compile("[0-9a-f]{32}")


class JobFolder:
    """The folder of one job: its state, its answers so far, and who works on it.

    Whoever works on a job holds a lock on it, which ends with the process: a job that is not
    finished and that nobody holds was interrupted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: int | None = None
        self.answers = path / "utterances.jsonl"

    @classmethod
    def create(cls, parent: Path, job: Job) -> Self:
        """Make the folder of a new job, and hold it."""
        folder = cls(parent / job.job_id)
        folder._path.mkdir(parents=True, mode=0o700)
        folder.answers.touch()
        folder._hold()
        folder.save(job)
        return folder

    def read(self) -> Job:
        """The job as it stands."""
        job = self._saved()
        if not job.finished and self._hold():
            job = self._saved()  # it may have been finished meanwhile
            if not job.finished:
                job.state = State.INTERRUPTED
                self.save(job)
            self.release()
        return job

    def save(self, job: Job) -> None:
        """Write the state of the job."""
        write_text(self._path / "job.json", job.model_dump_json())

    def append(self, passage: JudgedPassage) -> None:
        """Write one more answer."""
        with self.answers.open("a", encoding="utf-8") as file:
            file.write(passage.model_dump_json() + "\n")

    def ask_to_stop(self) -> None:
        """Tell whoever works on the job to stop."""
        (self._path / "stop").touch()

    @property
    def asked_to_stop(self) -> bool:
        """Whether the job is wanted no more."""
        return (self._path / "stop").exists()

    def release(self) -> None:
        """Let go of the job, for good if it was to be forgotten meanwhile."""
        if self._lock is not None:
            if self._forgotten.exists():
                self.delete()
            os.close(self._lock)
            self._lock = None

    def forget(self) -> None:
        """Tell of the job no more, and delete it: at once, or when whoever works on it stops."""
        self.ask_to_stop()
        self._forgotten.touch()
        if self._hold():
            self.release()

    def delete(self) -> None:
        """Forget the job and its answers."""
        shutil.rmtree(self._path, ignore_errors=True)

    @property
    def _forgotten(self) -> Path:
        return self._path / "forgotten"

    def _saved(self) -> Job:
        if self._forgotten.exists():
            raise FileNotFoundError(self._path)
        return Job.model_validate_json((self._path / "job.json").read_bytes())

    def _hold(self) -> bool:
        lock = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self._lock = lock
        return True


class JobFolders:
    """All jobs that are kept.

    Args:
        parent: the folder of their folders.
        keep_hours: how long a job is kept from the time it was taken.
    """

    def __init__(self, parent: Path, keep_hours: float) -> None:
        self._parent = parent
        self._keep_s = keep_hours * HOUR_S

    @classmethod
    def here(cls, keep_hours: float) -> Self:
        """Those of this machine."""
        return cls(home() / "jobs", keep_hours)

    def create(self, job: Job) -> JobFolder:
        """Make the folder of a new job."""
        return JobFolder.create(self._parent, job)

    def find(self, job_id: str) -> tuple[JobFolder, Job]:
        """A job by its id.

        Raises:
            RefusedError: there is none, or it is kept no more.
        """
        folder = JobFolder(self._parent / job_id)
        try:
            if JOB_ID.fullmatch(job_id):
                return folder, folder.read()
        except FileNotFoundError:
            pass
        raise RefusedError(
            404,
            "There is no job with this id.",
            "Jobs are kept for a while only (long.keep_hours).",
        )

    def sweep(self) -> None:
        """Mark what was interrupted, and forget what is past its time."""
        for folder, job in self._all():
            if job.finished and time.time() - job.created_at > self._keep_s:
                folder.delete()

    def forget_speaker(self, speaker_id: str) -> int:
        """Delete the jobs of a speaker, finished or not; returns how many there were."""
        theirs = [folder for folder, job in self._all() if job.speaker_id == speaker_id]
        for folder in theirs:
            folder.forget()
        return len(theirs)

    def _all(self) -> Iterator[tuple[JobFolder, Job]]:
        for path in sorted(self._parent.glob("*/job.json")):
            folder = JobFolder(path.parent)
            try:
                yield folder, folder.read()
            except FileNotFoundError:
                continue  # another process was faster
