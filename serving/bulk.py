"""Many recordings through a running service, gone on with where it was left."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel

from serving.client import Client, ServiceError
from serving.client.calls import Wishes
from serving.jobs.schemas import JudgedPassage, State
from serving.schemas import Answer
from undertone.audio.decoding import Decoding
from undertone.config import AudioParams, LongParams
from undertone.corpora.base import Reject
from undertone.corpora.intake import write_rejects
from undertone.errors import AudioError, UndertoneError
from undertone.files import sha256_of_file
from undertone.long import Summary
from undertone.progress import track

LONG_S = 30.0  # what Whisper hears at once
LOOK_S = 0.5


class Judged(BaseModel):
    """A line of the output: a recording and its answer, or those about its utterances.

    Attributes:
        path: of the file; bytes of its name that are no UTF-8 are escaped.
        sha256: of its bytes.
        model_tag: who answered.
        answer: about a short recording.
        summary: of a long one.
        utterances: of a long one.
    """

    path: str
    sha256: str
    model_tag: str
    answer: Answer | None = None
    summary: Summary | None = None
    utterances: list[JudgedPassage] | None = None


@dataclass(frozen=True)
class Outcome:
    """How many recordings were judged now, stood in the output already, and were refused."""

    judged: int
    kept: int
    rejected: int


def judge_files(client: Client, files: Sequence[Path], out: Path, wishes: Wishes) -> Outcome:
    """Have recordings judged, and append each answer to a file as it comes.

    A recording that the same model judged before, by its bytes, is not judged again. Those of more
    than half a minute are cut into utterances.

    Args:
        client: of the service.
        files: recordings.
        out: JSON lines, one `Judged` each; refused recordings stand beside it, in
            `NAME-rejects.csv`, with their reasons.
        wishes: what is asked about each.

    Raises:
        ServiceError: the service was not reached, or answers nobody.
        UndertoneError: the output cannot be written, or is something else.
    """
    tag = client.model().tag
    done = _done(out)
    rejects: list[Reject] = []
    judged = kept = 0
    with _opened(out) as file:
        for path in track(files, "judging"):
            try:
                sha256 = _sha256(path)
                if (sha256, tag) in done:
                    kept += 1
                    continue
                line = _judged(client, path, sha256, wishes)
            except UndertoneError as error:
                if isinstance(error, ServiceError) and not 400 <= error.status < 500:
                    raise
                rejects.append(Reject(_name(path), str(error)))
                continue
            file.write(line.model_dump_json(exclude_none=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            done.add((sha256, tag))
            judged += 1
    write_rejects(out.with_name(f"{out.stem}-rejects.csv"), rejects)
    return Outcome(judged, kept, len(rejects))


def _judged(client: Client, path: Path, sha256: str, wishes: Wishes) -> Judged:
    place: dict[str, Any] = {"path": _name(path), "sha256": sha256}
    if not _is_long(path):
        answer = client.predict(path, **wishes)
        return Judged(**place, model_tag=answer.model_tag, answer=answer)
    job = client.hear(path, **wishes)
    try:
        while not (job := client.job(job.job_id)).finished:
            time.sleep(LOOK_S)
        if job.state is not State.DONE:
            raise AudioError(job.problem.message if job.problem else f"The job is {job.state}.")
        utterances = client.utterances(job.job_id)
    finally:
        client.stop(job.job_id)
    tags = [each.answer.model_tag for each in utterances if each.answer]
    tag = tags[-1] if tags else client.model().tag or ""
    return Judged(**place, model_tag=tag, summary=job.summary, utterances=utterances)


def _is_long(path: Path) -> bool:
    """By its header; of what cannot be decoded the service tells why."""
    bounds = AudioParams(max_seconds=LongParams().max_seconds)
    try:
        with path.open("rb") as file:
            return Decoding(file, bounds).claimed_s > LONG_S
    except AudioError:
        return False


def _sha256(path: Path) -> str:
    try:
        return sha256_of_file(path)
    except OSError as error:
        raise AudioError(f"The file cannot be read: {error.strerror}.") from error


def _done(out: Path) -> set[tuple[str, str | None]]:
    """Which recordings stand in the output, by which model; a line that broke off is cut away."""
    if not out.is_file():
        return set()
    found: set[tuple[str, str | None]] = set()
    whole = 0
    with out.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                break
            try:
                told = json.loads(line)
                found.add((told["sha256"], told["model_tag"]))
            except (ValueError, TypeError, KeyError):
                raise UndertoneError(
                    f"Line {number} of {out} is none of 'undertone predict --out'. Name another "
                    "file, or move this one away."
                ) from None
            whole += len(line)
    os.truncate(out, whole)
    return found


def _opened(out: Path) -> BinaryIO:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return out.open("ab")
    except OSError as error:
        raise UndertoneError(f"{out} cannot be written: {error.strerror}.") from error


def _name(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
