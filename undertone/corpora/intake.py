"""Take a corpus in: every utterance becomes a row with clean audio, or a reject with a reason."""

import csv
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from operator import length_hint
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from undertone.audio import SAMPLE_RATE, Recording, check, decode, from_pcm16, to_pcm16
from undertone.config import AudioParams, Params
from undertone.corpora.adapters import find_adapter
from undertone.corpora.base import Item, Reject, SourceUtterance
from undertone.errors import AudioError, CorpusError
from undertone.files import replacing, replacing_folder, write_json
from undertone.leaks import assert_no_leak
from undertone.manifest import data_revision, row_problems, write_manifest
from undertone.progress import track
from undertone.splits import assign_splits, split_hash

REJECTS = "rejects.csv"
VOICES = "voices.csv"  # of a corpus of feedback: who each label is owed to
INFO = "corpus.json"


@dataclass(frozen=True)
class IngestReport:
    """What became of a corpus.

    Attributes:
        utterances: how many were taken.
        rejects: how many were refused; `rejects.csv` says why.
        data_revision: hash of every row and its audio, splits apart.
        split_hash: hash of who stands in which split.
        seconds: of audio.
    """

    utterances: int
    rejects: int
    data_revision: str
    split_hash: str
    seconds: float


def ingest(params: Params, out: Path, *, deal: bool = True) -> IngestReport:
    """Read a corpus by its adapter and write a corpus folder, whole or not at all.

    Args:
        params: `corpus`, `audio` and `split` count.
        out: the corpus folder, see docs/architecture.md. One that stands there is replaced.
        deal: whether utterances are dealt into splits; otherwise these are left open.

    Raises:
        CorpusError: the corpus cannot be read or split, or every utterance was refused; then
            the reasons stand beside `out`. Or `out` is a folder of something else.
    """
    _require_replaceable(out)
    items = find_adapter(params.corpus.name)(params.corpus)
    with replacing_folder(out) as aside:
        intake = _Intake(aside, params.audio)
        doing = f"ingesting {params.corpus.name}"
        for item in track(items, doing, length_hint(items) or None):
            intake.take(item)
        if not intake.rows:
            kept = out.with_name(f"{out.name}-{REJECTS}")
            write_rejects(kept, intake.rejects)
            raise CorpusError(f"No utterance can be used: {kept} says why.")
        frame = pd.DataFrame(intake.rows)
        if deal:
            frame = assign_splits(frame, params.split)
            assert_no_leak(frame)
        write_manifest(aside, frame)
        write_rejects(aside / REJECTS, intake.rejects)
        report = report_on(frame, len(intake.rejects))
        identity = identity_of(params.corpus.name, frame, report)
        write_json(aside / INFO, identity | {"split_protocol": params.split.protocol})
    return report


def _require_replaceable(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / INFO).is_file():
        raise CorpusError(f"{out} holds something that is no corpus: choose another folder.")


class _Intake:
    """Gathers the rows and rejects of a corpus and writes its audio and images."""

    def __init__(self, folder: Path, params: AudioParams) -> None:
        self.rows: list[dict[str, Any]] = []
        self.rejects: list[Reject] = []
        self._folder = folder
        self._params = params
        self._ids: set[str] = set()
        self._first_of: dict[str, str] = {}
        (folder / "audio").mkdir()

    def take(self, item: Item) -> None:
        """Make a row of an utterance, or note why not."""
        if isinstance(item, Reject):
            self.rejects.append(item)
            return
        try:
            self.rows.append(self._row(item))
        except (AudioError, CorpusError) as error:
            self.rejects.append(Reject(item.place, str(error)))

    def _row(self, item: SourceUtterance) -> dict[str, Any]:
        row = _told(item)
        recording = _record(item, self._params)
        pcm = None if recording is None else to_pcm16(recording.samples)
        if recording is not None and pcm is not None:
            row |= measured(item.utterance_id, recording, pcm)
        self._require_sound(row)
        if item.image is not None:
            _copy_image(item.image, self._folder / row["image_path"])
        if pcm is not None:
            write_flac(self._folder / row["path"], pcm)
            self._first_of[row["sha256"]] = item.utterance_id
        self._ids.add(item.utterance_id)
        return row

    def _require_sound(self, row: dict[str, Any]) -> None:
        problems = row_problems(row)
        if row["utterance_id"] in self._ids:
            problems.append(f"utterance_id: {row['utterance_id']} stands there already")
        if row["sha256"] in self._first_of:
            problems.append(f"duplicate: the same audio as {self._first_of[row['sha256']]}")
        if problems:
            raise CorpusError("; ".join(problems))


def _told(item: SourceUtterance) -> dict[str, Any]:
    return {
        "utterance_id": item.utterance_id,
        "corpus": item.corpus,
        "speaker_id": item.speaker_id,
        "language": item.language,
        "emotion": item.emotion,
        "path": None,
        "sha256": None,
        "duration_s": None,
        "sample_rate": None,
        "text": item.text,
        "context": item.context,
        "words": [word.model_dump(exclude={"probability"}) for word in item.words] or None,
        "image_path": item.image and f"images/{item.utterance_id}{item.image.suffix}",
        "valence": item.valence,
        "arousal": item.arousal,
        "dominance": item.dominance,
        "split": item.split,
    }


def _record(item: SourceUtterance, params: AudioParams) -> Recording | None:
    if item.samples is not None:
        recording = from_pcm16(item.samples)
    elif item.source is not None:
        recording = decode(item.source, params)
    else:
        return None
    check(recording, params)
    return recording


def measured(utterance_id: str, recording: Recording, pcm: npt.NDArray[np.int16]) -> dict[str, Any]:
    """The manifest's columns of a recording, its samples [time] given as PCM16."""
    return {
        "path": f"audio/{utterance_id}.flac",
        "sha256": hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest(),
        "duration_s": recording.seconds,
        "sample_rate": recording.sample_rate,
    }


def write_flac(path: Path, pcm: npt.NDArray[np.int16]) -> None:
    """Write PCM16 samples [time] of 16 kHz mono as FLAC."""
    import soundfile

    soundfile.write(path, pcm, SAMPLE_RATE, format="FLAC", subtype="PCM_16")


def _copy_image(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise CorpusError(f"image_path: {source} cannot be read: {error.strerror}") from error


def write_rejects(path: Path, rejects: Sequence[Reject]) -> None:
    """Write the refused rows with their reasons (CSV)."""
    with replacing(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["place", "reason"])
        writer.writeheader()
        writer.writerows(map(asdict, rejects))


def report_on(frame: pd.DataFrame, rejects: int) -> IngestReport:
    """Count a manifest and name its revision and split."""
    return IngestReport(
        utterances=len(frame),
        rejects=rejects,
        data_revision=data_revision(frame),
        split_hash=split_hash(frame),
        seconds=float(frame["duration_s"].astype(float).sum()),
    )


def identity_of(name: str, frame: pd.DataFrame, report: IngestReport) -> dict[str, Any]:
    """What `corpus.json` says of a corpus folder."""
    return {
        "name": name,
        **asdict(report),
        "speakers": int(frame["speaker_id"].nunique()),
        "by_emotion": frame["emotion"].value_counts().to_dict(),
        "by_split": frame["split"].value_counts().to_dict(),
    }
