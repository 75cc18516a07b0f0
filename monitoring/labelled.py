"""Feedback as a corpus: the labelled predictions of a model, in a corpus folder to retrain on."""

import csv
import hashlib
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from monitoring.store import Store
from undertone.config import AudioParams
from undertone.corpora.base import Reject
from undertone.errors import AudioError, CorpusError
from undertone.files import replacing_folder, write_json
from undertone.manifest import COLUMNS, data_revision, row_problems, write_manifest
from undertone.progress import track
from undertone.splits import split_hash

CORPUS = "feedback"


@dataclass(frozen=True)
class FeedbackReport:
    """What became of the feedback.

    Attributes:
        utterances: labelled predictions that can be learned from.
        rejects: feedback without a stored recording or text, contradictory, or unreadable.
        data_revision: hash of every row and its audio.
        split_hash: of a manifest whose splits are still open.
    """

    utterances: int
    rejects: int
    data_revision: str
    split_hash: str


def collect_feedback(
    store: Store,
    out: Path,
    *,
    champion_tag: str | None = None,
    language: str = "en",
    audio: AudioParams | None = None,
) -> FeedbackReport:
    """Write the labelled predictions of a model as a corpus folder, its splits left open.

    Args:
        store: the operational store.
        out: the corpus folder, see docs/architecture.md. One that stands there is replaced.
        champion_tag: whose predictions; the champion's without it.
        language: what the manifest says of every row.
        audio: bounds on the stored recordings.

    Raises:
        CorpusError: there is no feedback that can be used.
    """
    champion = store.pointer("champion")
    tag = champion_tag or (champion.tag if champion else None)
    labelled = store.labelled(model_tag=tag)
    rejects = [Reject(name, "its sources contradict each other") for name in labelled.ties]
    rows: list[dict[str, Any]] = []
    with replacing_folder(out) as aside:
        (aside / "audio").mkdir()
        for record in track(labelled.frame.to_dict("records"), "collecting feedback"):
            try:
                row = _row(record, aside, language, audio or AudioParams())
                _require_new(row, rows)
                rows.append(row)
            except (AudioError, CorpusError) as error:
                rejects.append(Reject(str(record["id"]), str(error)))
        if not rows:
            raise CorpusError(
                f"No feedback on {tag or 'any model'} can be learned from: {len(rejects)} refused. "
                "The service must keep audio or text: see serving.keep_audio and keep_text."
            )
        return _write(aside, pd.DataFrame(rows), rejects)


def _row(
    record: dict[Any, Any], folder: Path, language: str, params: AudioParams
) -> dict[str, Any]:
    name = record["id"]
    row: dict[str, Any] = dict.fromkeys(COLUMNS) | {
        "utterance_id": name,
        "corpus": CORPUS,
        "speaker_id": record["speaker_id"] or record["call_id"] or name,
        "language": language,
        "emotion": record["feedback_emotion"],
        "text": record["text"],
    }
    if record["audio_path"]:
        row |= _copied(Path(record["audio_path"]), folder / "audio" / f"{name}.flac", params)
    if problems := row_problems(row):
        raise CorpusError("; ".join(problems))
    return row


def _require_new(row: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    same = (known["utterance_id"] for known in rows if known["sha256"] == row["sha256"])
    if row["sha256"] and (first := next(same, None)):
        raise CorpusError(f"duplicate: the same audio as {first}")


def _copied(source: Path, target: Path, params: AudioParams) -> dict[str, Any]:
    """Bring a stored recording into the corpus as 16 kHz mono FLAC."""
    import soundfile

    from undertone.audio import SAMPLE_RATE, check, decode, to_pcm16

    if not source.is_file():
        raise AudioError(f"The stored recording {source} is gone.")
    recording = decode(source, params)
    check(recording, params)
    pcm = to_pcm16(recording.samples)
    soundfile.write(target, pcm, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return {
        "path": f"audio/{target.name}",
        "sha256": hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest(),
        "duration_s": recording.seconds,
        "sample_rate": recording.sample_rate,
    }


def _write(folder: Path, frame: pd.DataFrame, rejects: list[Reject]) -> FeedbackReport:
    write_manifest(folder, frame)
    with (folder / "rejects.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["place", "reason"])
        writer.writeheader()
        writer.writerows(map(asdict, rejects))
    report = FeedbackReport(len(frame), len(rejects), data_revision(frame), split_hash(frame))
    info = asdict(report) | {
        "name": CORPUS,
        "seconds": float(frame["duration_s"].astype(float).sum()),
        "speakers": int(frame["speaker_id"].nunique()),
        "by_emotion": dict(Counter(frame["emotion"])),
        "by_split": {},
    }
    write_json(folder / "corpus.json", info)
    return report
