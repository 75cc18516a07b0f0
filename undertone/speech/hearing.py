"""Listening to a corpus: a heard folder from a corpus folder."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from undertone.config import Params, home
from undertone.files import replacing_folder, write_json
from undertone.hub import resolve
from undertone.manifest import read_manifest, write_manifest
from undertone.progress import track
from undertone.shards.members import contents
from undertone.speech.tensors import lay_out
from undertone.speech.workers import Job, listen_to_all

if TYPE_CHECKING:
    from undertone.prediction import Transcript
    from undertone.speech.encoder import AcousticEncoder
    from undertone.speech.listener import Heard
    from undertone.speech.memory import Memory

# Raise it when listening changes so that what was heard before no longer holds.
REVISION = 2


def hear(corpus: Path, params: Params, out: Path) -> None:
    """Listen to every utterance of a corpus once.

    Recordings that were heard before with the same Whisper and settings, in this corpus or any
    other, come from the cache under `home()`; a run that broke off goes on where it was.

    Writes `manifest.parquet` (the rows of the corpus with `transcript` and `words`),
    `acoustic.safetensors` (`statistics` float32 [N, L + 1, 2·D] and `present` uint8 [N], in the
    manifest's order; an utterance without a recording has zeros in both) and `listening.json`.
    Where `listening.views` asks for V changed views of each recording (`undertone.speech.views`),
    to train on, their statistics stand there too: `views` float32 [V, N, L + 1, 2·D].
    A corpus of text alone needs no Whisper: its statistics are zeros of shape `UNHEARD`, and
    `listening.json` tells nothing.

    Args:
        corpus: a corpus folder.
        params: the run's settings; `audio` and `listening` count.
        out: the heard folder to write.

    Raises:
        CorpusError: the corpus folder cannot be used.
        ModelError: the Whisper cannot be used.
        AudioError: a recording cannot be used.
    """
    rows = read_manifest(corpus)
    with _listened(corpus, rows, params) as listened, replacing_folder(out) as aside:
        _write(aside, rows, listened)
        write_json(aside / "listening.json", listened.record)


def forget(folder: Path) -> None:
    """Forget what was heard in the recordings of a corpus folder, words among it."""
    from undertone.speech.memory import remembering

    recordings = read_manifest(folder)["sha256"].dropna()
    for file in (home() / "cache" / "heard").glob("*.sqlite"):
        with remembering(file) as memory:
            for sha256 in recordings:
                memory.forget(sha256)


@dataclass(frozen=True)
class _Listened:
    """What was heard of N rows.

    Attributes:
        record: of how.
        shape: of the statistics of each.
        takes: what was to be heard of each row: as it is, then in each view [V + 1, N].
        memory: what was heard.
    """

    record: dict[str, object]
    shape: tuple[int, int]
    takes: "Sequence[Sequence[Job | None]]"
    memory: "Mapping[str, Heard] | Memory"

    def heard(self, view: int) -> "Iterator[Heard | None]":
        """What was heard of each row in a view."""
        return (self.memory[job.key] if job else None for job in self.takes[view])


@contextmanager
def _listened(corpus: Path, rows: pd.DataFrame, params: Params) -> Iterator[_Listened]:
    from undertone.model.config import UNHEARD
    from undertone.speech.encoder import AcousticEncoder
    from undertone.speech.memory import remembering

    if rows["path"].isna().all():
        yield _Listened({}, UNHEARD, [[None] * len(rows)], {})
        return
    encoder = AcousticEncoder.from_folder(resolve(params.listening.whisper))
    jobs = [_job(corpus, row) for row in rows[["path", "sha256"]].itertuples(index=False)]
    views = params.listening.views
    takes = [[job and job._replace(view=view) for job in jobs] for view in range(views + 1)]
    record = _record(params, encoder)
    with remembering(_memory_file(record)) as memory:
        _listen_to_new([job for jobs in zip(*takes, strict=True) for job in jobs], params, memory)
        told = record | ({"views": views} if views else {})
        yield _Listened(told, encoder.statistics_shape, takes, memory)


def _job(corpus: Path, row: tuple[str | None, str | None]) -> Job | None:
    path, sha256 = row
    if not isinstance(path, str):
        return None
    file = corpus / path
    return Job(sha256 or hashlib.sha256(contents(file)).hexdigest(), file)


def _record(params: Params, encoder: "AcousticEncoder") -> dict[str, object]:
    return {
        "whisper": params.listening.whisper,
        "encoder": encoder.fingerprint(),
        "listening": params.listening.model_dump(exclude={"whisper", "device", "views"}),
        "audio": params.audio.model_dump(),
        "revision": REVISION,
    }


def _memory_file(record: dict[str, object]) -> Path:
    key = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:16]
    return home() / "cache" / "heard" / f"{key}.sqlite"


def _listen_to_new(jobs: Sequence[Job | None], params: Params, memory: "Memory") -> None:
    new = {job.key: job for job in jobs if job and job.key not in memory}
    if not new:
        return
    heard = listen_to_all(list(new.values()), params)
    for job, result in track(zip(new.values(), heard, strict=True), "hearing", total=len(new)):
        memory[job.key] = result


def _write(folder: Path, rows: pd.DataFrame, listened: _Listened) -> None:
    """Write what was heard, one recording at a time."""
    count, views = len(rows), len(listened.takes) - 1
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {
        "statistics": ("F32", (count, *listened.shape))
    }
    if views:
        shapes["views"] = ("F32", (views, count, *listened.shape))
    acoustic = folder / "acoustic.safetensors"
    tensors = lay_out(acoustic, shapes | {"present": ("U8", (count,))})
    said: list[Transcript | None] = []
    for place, heard in enumerate(listened.heard(0)):
        said.append(heard.transcript if heard else None)
        if heard:
            tensors["statistics"][place] = heard.statistics
            tensors["present"][place] = 1
    for view in range(views):
        for place, heard in enumerate(listened.heard(view + 1)):
            if heard:
                tensors["views"][view, place] = heard.statistics
    acoustic.chmod(0o644)
    write_manifest(folder, _with_transcripts(rows, said))


def _with_transcripts(rows: pd.DataFrame, said: "Sequence[Transcript | None]") -> pd.DataFrame:
    words = [[word.model_dump() for word in one.words] if one else None for one in said]
    return rows.assign(
        transcript=pd.Series([one.text if one else None for one in said], rows.index),
        words=pd.Series(words, rows.index),
    )
