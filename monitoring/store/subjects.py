"""Forgetting: all that is kept of a speaker, or of what is too old."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, delete, select

from monitoring.store.audit import note
from monitoring.store.database import Database
from monitoring.store.predictions import of_tenant
from monitoring.store.tables import FeedbackRow, PredictionRow


@dataclass(frozen=True)
class Forgotten:
    """How much was deleted.

    Attributes:
        predictions: rows of predictions, with their text.
        feedback: rows of feedback on them.
        recordings: audio files.
        jobs: long recordings, with the answers about their utterances.
    """

    predictions: int = 0
    feedback: int = 0
    recordings: int = 0
    jobs: int = 0


class SubjectLog(Database):
    """Deletes predictions with all that hangs on them. Doing it again deletes nothing more."""

    def forget_speaker(self, speaker_id: str, *, by: str) -> Forgotten:
        """Delete all that is kept under a speaker's pseudonym."""
        return self._forget("speaker forgotten", PredictionRow.speaker_id == speaker_id, by)

    def forget_before(self, moment: datetime, *, by: str) -> Forgotten:
        """Delete all that was predicted before a moment."""
        return self._forget("expired forgotten", PredictionRow.created_at < moment, by)

    def forget_tenant(self, tenant: str, *, by: str) -> Forgotten:
        """Delete all predictions of a tenant's conversations, in any scenario of theirs."""
        return self._forget("tenant forgotten", of_tenant(tenant), by)

    def _forget(self, action: str, which: ColumnElement[bool], by: str) -> Forgotten:
        """Files go first: if that fails, the rows that name them are still there."""
        with self._changing() as session:
            locked = select(PredictionRow.audio_path).where(which).with_for_update()
            paths = session.scalars(locked).all()
            recordings = sum(_unlink(Path(path)) for path in paths if path)
            ids = select(PredictionRow.id).where(which)
            on_them = delete(FeedbackRow).where(FeedbackRow.prediction_id.in_(ids))
            feedback = session.scalars(on_them.returning(FeedbackRow.id)).all()
            rows = delete(PredictionRow).where(which).returning(PredictionRow.id)
            predictions = session.scalars(rows).all()
            forgotten = Forgotten(len(predictions), len(feedback), recordings)
            if forgotten != Forgotten():
                note(session, action, by, **asdict(forgotten))
        return forgotten


def _unlink(path: Path) -> bool:
    there = path.is_file()
    path.unlink(missing_ok=True)
    return there
