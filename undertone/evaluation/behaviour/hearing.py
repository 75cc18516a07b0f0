"""Changed recordings, heard and answered as any other recording is."""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import torch

from undertone.audio import SAMPLE_RATE, decode
from undertone.audio.line import Signal
from undertone.bundle import Bundle
from undertone.config import AudioParams, Params
from undertone.evaluation.behaviour.changes import Change
from undertone.evaluation.behaviour.scoring import Indices
from undertone.files import sha256_of_file
from undertone.progress import track
from undertone.speech.listener import Heard
from undertone.speech.workers import Job, listen_to_all
from undertone.training.examples import Examples
from undertone.training.predicting import predict

LOUDEST = 0.98
UNCHANGED = "unchanged"


def listen(
    rows: pd.DataFrame, changes: Mapping[str, Change], params: Params, scratch: Path, seed: int
) -> Iterator[Examples]:
    """Recordings as they are, then under each change, as examples that stand for them alone.

    Args:
        rows: manifest rows [N], `path` absolute.
        changes: what is done to the recordings, by name.
        params: how they are cleaned and listened to.
        scratch: a folder for the changed recordings, to be kept while examples are used.
        seed: of the changes.

    Raises:
        AudioError: a changed recording cannot be used.
        ModelError: the Whisper cannot be used.
    """
    versions = _write_all(rows, changes, params.audio, scratch, seed)
    jobs = [Job(sha256_of_file(file), file) for files in versions for file in files]
    heard = iter(track(listen_to_all(jobs, params), "listening", total=len(jobs)))
    for files in versions:
        yield _alone(rows, files, list(islice(heard, len(rows))))


def hear_alone(rows: pd.DataFrame, params: Params) -> Examples:
    """Recordings as examples that stand for them alone.

    Args:
        rows: manifest rows [N], `path` absolute.
        params: how they are cleaned and listened to.

    Raises:
        AudioError: a recording cannot be used.
        ModelError: the Whisper cannot be used.
    """
    files = [Path(path) for path in rows["path"]]
    jobs = [Job(sha256_of_file(file), file) for file in files]
    return _alone(rows, files, list(listen_to_all(jobs, params)))


def answer(bundle: Bundle, examples: Examples, audio: AudioParams) -> Indices:
    """The likeliest emotion of each example [N], as an index in the bundle's labels."""
    return np.asarray(predict(bundle, examples, audio).logits.argmax(axis=1), np.intp)


def _alone(rows: pd.DataFrame, files: Sequence[Path], heard: Sequence[Heard]) -> Examples:
    """Examples without what the corpus tells of the words, and without pictures."""
    empty = pd.Series(None, rows.index, dtype=object)
    said = [result.transcript.text if result.transcript else None for result in heard]
    alone = rows.assign(
        path=[str(file) for file in files],
        text=empty,
        image_path=empty,
        transcript=pd.Series(said, rows.index, dtype=object),
    )
    return Examples(alone, torch.from_numpy(np.stack([result.statistics for result in heard])))


def _write_all(
    rows: pd.DataFrame, changes: Mapping[str, Change], audio: AudioParams, scratch: Path, seed: int
) -> list[list[Path]]:
    recordings = [Path(path) for path in rows["path"]]
    folders = {name: scratch / re.sub(r"[^\w+-]+", "_", name) for name in changes}
    for folder in folders.values():
        folder.mkdir()
    for place, recording in enumerate(track(recordings, "changing recordings")):
        samples = decode(recording, audio).samples.astype(np.float64)
        for name, change in changes.items():
            rng = np.random.default_rng([seed, zlib.crc32(name.encode()), place])
            _write(folders[name] / f"{recording.stem}.flac", change(samples, rng))
    changed = [[folder / f"{file.stem}.flac" for file in recordings] for folder in folders.values()]
    return [recordings, *changed]


def _write(file: Path, samples: Signal) -> None:
    """Write samples, turned down where they would be clipped."""
    peak = float(np.abs(samples).max())
    soundfile.write(file, samples * (LOUDEST / peak if peak > 1 else 1.0), SAMPLE_RATE)
