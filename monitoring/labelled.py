"""Feedback as a corpus: the labelled predictions of a model, in a corpus folder to retrain on."""

from pathlib import Path
from typing import Any

import pandas as pd

from monitoring.store import Store
from undertone.config import AudioParams, FeedbackParams
from undertone.corpora.base import Reject
from undertone.corpora.intake import (
    INFO,
    REJECTS,
    VOICES,
    IngestReport,
    identity_of,
    measured,
    report_on,
    write_flac,
    write_rejects,
)
from undertone.errors import AudioError, CorpusError
from undertone.files import replacing_folder, write_json
from undertone.manifest import COLUMNS, row_problems, write_manifest
from undertone.progress import track

CORPUS = "feedback"
VOICE_COLUMNS = ("id", "voice", "trusted")


def collect_feedback(
    store: Store,
    out: Path,
    *,
    champion_tag: str | None = None,
    language: str = "en",
    audio: AudioParams | None = None,
    feedback: FeedbackParams | None = None,
    tenant: str | None = None,
) -> IngestReport:
    """Write the labelled predictions of a model as a corpus folder, its splits left open.

    Args:
        store: the operational store.
        out: the corpus folder, see docs/architecture.md. One that stands there is replaced.
        champion_tag: whose predictions; the champion's without it.
        language: what the manifest says of every row.
        audio: bounds on the stored recordings.
        feedback: whose feedback counts; everybody's without it.
        tenant: only of this tenant's conversations, whichever model answered them.

    Raises:
        CorpusError: there is no feedback that can be used.
    """
    champion = store.pointer("champion")
    tag = champion_tag or (champion.tag if champion and not tenant else None)
    labelled = store.labelled(model_tag=tag, params=feedback, tenant=tenant)
    rejects = [Reject(name, reason) for name, reason in labelled.refused.items()]
    voices: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    with replacing_folder(out) as aside:
        (aside / "audio").mkdir()
        for record in track(labelled.frame.to_dict("records"), "collecting feedback"):
            try:
                row = _row(record, aside, language, audio or AudioParams())
                _require_new(row, rows)
                rows.append(row)
                voices.append({name: record[name] for name in VOICE_COLUMNS})
            except (AudioError, CorpusError) as error:
                rejects.append(Reject(str(record["id"]), str(error)))
        if not rows:
            raise CorpusError(
                f"No feedback on {tenant or tag or 'any model'} can be learned from: "
                f"{len(rejects)} refused. The service must keep audio or text "
                "(serving.keep_audio and keep_text), and somebody who is trusted "
                "(feedback.trusted) must give some of it."
            )
        pd.DataFrame(voices).to_csv(aside / VOICES, index=False)
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
    from undertone.audio import check, decode, to_pcm16

    if not source.is_file():
        raise AudioError(f"The stored recording {source} is gone.")
    recording = decode(source, params)
    check(recording, params)
    pcm = to_pcm16(recording.samples)
    write_flac(target, pcm)
    return measured(target.stem, recording, pcm)


def _write(folder: Path, frame: pd.DataFrame, rejects: list[Reject]) -> IngestReport:
    write_manifest(folder, frame)
    write_rejects(folder / REJECTS, rejects)
    report = report_on(frame, len(rejects))
    write_json(folder / INFO, identity_of(CORPUS, frame, report))
    return report
