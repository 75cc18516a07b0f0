"""Listening to a corpus: a heard folder from a corpus folder."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from undertone.config import Params, home
from undertone.files import replacing_folder, sha256_of_file, write_json
from undertone.hub import resolve
from undertone.manifest import read_manifest, write_manifest
from undertone.progress import track
from undertone.speech.workers import Job, listen_to_all

if TYPE_CHECKING:
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
    from undertone.model.config import UNHEARD

    rows = read_manifest(corpus)
    record: dict[str, object] = {}
    takes: list[list[Heard | None]] = [[None] * len(rows)]
    shape = UNHEARD
    if rows["path"].notna().any():
        record, takes, shape = _listen(corpus, rows, params)
    with replacing_folder(out) as aside:
        _write(aside, rows, takes, shape)
        write_json(aside / "listening.json", record)


def forget(folder: Path) -> None:
    """Forget what was heard in the recordings of a corpus folder, words among it."""
    from undertone.speech.memory import remembering

    recordings = read_manifest(folder)["sha256"].dropna()
    for file in (home() / "cache" / "heard").glob("*.sqlite"):
        with remembering(file) as memory:
            for sha256 in recordings:
                memory.forget(sha256)


def _listen(
    corpus: Path, rows: pd.DataFrame, params: Params
) -> "tuple[dict[str, object], list[list[Heard | None]], tuple[int, int]]":
    """The record of listening, and what was heard of each row: as it is, then in each view.

    The shape of the statistics comes last.
    """
    from undertone.speech.encoder import AcousticEncoder
    from undertone.speech.memory import remembering

    encoder = AcousticEncoder.from_folder(resolve(params.listening.whisper))
    jobs = [_job(corpus, row) for row in rows[["path", "sha256"]].itertuples(index=False)]
    views = params.listening.views
    takes = [[job and job._replace(view=view) for job in jobs] for view in range(views + 1)]
    record = _record(params, encoder)
    with remembering(_memory_file(record)) as memory:
        _listen_to_new([job for take in takes for job in take], params, memory)
        heard = [[memory[job.key] if job else None for job in take] for take in takes]
    return record | ({"views": views} if views else {}), heard, encoder.statistics_shape


def _job(corpus: Path, row: tuple[str | None, str | None]) -> Job | None:
    path, sha256 = row
    if not isinstance(path, str):
        return None
    file = corpus / path
    return Job(sha256 if isinstance(sha256, str) else sha256_of_file(file), file)


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


def _write(
    folder: Path,
    rows: pd.DataFrame,
    takes: "Sequence[Sequence[Heard | None]]",
    shape: tuple[int, int],
) -> None:
    from safetensors.numpy import save_file

    heard, *views = takes
    tensors: dict[str, NDArray[Any]] = {
        "statistics": _statistics(heard, shape),
        "present": np.array([result is not None for result in heard], np.uint8),
    }
    if views:
        tensors["views"] = np.stack([_statistics(view, shape) for view in views])
    acoustic = folder / "acoustic.safetensors"
    save_file(tensors, acoustic)
    acoustic.chmod(0o644)
    write_manifest(folder, _with_transcripts(rows, heard))


def _statistics(heard: "Sequence[Heard | None]", shape: tuple[int, int]) -> NDArray[np.float32]:
    """Statistics [N, L + 1, 2·D], zeros where nothing was heard."""
    statistics = np.zeros((len(heard), *shape), np.float32)
    for index, result in enumerate(heard):
        if result:
            statistics[index] = result.statistics
    return statistics


def _with_transcripts(rows: pd.DataFrame, heard: "Sequence[Heard | None]") -> pd.DataFrame:
    transcripts = [result.transcript if result else None for result in heard]
    words = [[word.model_dump() for word in said.words] if said else None for said in transcripts]
    return rows.assign(
        transcript=pd.Series([said.text if said else None for said in transcripts], rows.index),
        words=pd.Series(words, rows.index),
    )
