"""Predictions and the feedback on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Float, case, func, select

from monitoring.store.database import Database
from monitoring.store.errors import ConflictError, LabelError, NotFoundError
from monitoring.store.review import doubt
from monitoring.store.tables import (
    DoubtRow,
    FeedbackRow,
    PredictionRow,
    at_or_under,
    new_id,
    now,
)
from undertone.labels import EMOTIONS
from undertone.prediction import top

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

    from undertone.config import FeedbackParams
    from undertone.prediction import Prediction


@dataclass(frozen=True)
class Labelled:
    """Predictions whose emotion feedback has settled.

    Attributes:
        frame: the prediction's columns, `feedback_emotion`, `voice` and `trusted`; oldest first.
        refused: why others are not in `frame`, by their ids.
    """

    frame: pd.DataFrame
    refused: dict[str, str]


class PredictionLog(Database):
    """The part of the store that the service writes on every request."""

    def add_prediction(
        self,
        prediction: Prediction,
        *,
        prediction_id: str | None = None,
        speaker_id: str | None = None,
        call_id: str | None = None,
        channel: str | None = None,
        tenant: str | None = None,
        role: str | None = None,
        purpose: str | None = None,
        consent: bool | None = None,
        language: str | None = None,
        text: str | None = None,
        audio_path: str | None = None,
        latency_ms: float | None = None,
        created_at: datetime | None = None,
    ) -> str:
        """Keep one prediction.

        Args:
            prediction: what the model said; its likeliest emotion is kept, answered or not.
            prediction_id: an id chosen by the caller; a random one without it.
            speaker_id: who spoke, under the caller's own pseudonym.
            call_id: what groups utterances of one conversation, for the drift gate.
            channel: how the utterance came in (telephone, web, ...).
            tenant: whose conversation it was.
            role: who spoke, in their relation to the operator.
            purpose: what the emotion was inferred for.
            consent: whether the speaker agreed to text and audio being kept.
            language: what was spoken, by its code.
            text: the words, only where the operator keeps them.
            audio_path: the kept recording, only where the operator keeps it.
            latency_ms: time the whole request took.
            created_at: an aware moment; now without it.

        Returns:
            The prediction's id.
        """
        quality = prediction.audio.model_dump() if prediction.audio else {}
        row = PredictionRow(
            id=prediction_id or new_id(),
            created_at=created_at or now(),
            model_tag=prediction.model_tag,
            lineage_id=prediction.lineage_id,
            emotion=top(prediction.distribution)[0],
            confidence=prediction.confidence,
            distribution=prediction.distribution,
            has_audio=prediction.modalities.audio,
            has_text=prediction.modalities.text,
            has_image=prediction.modalities.image,
            speaker_id=speaker_id,
            call_id=call_id,
            channel=channel,
            tenant=tenant,
            role=role,
            purpose=purpose,
            consent=consent,
            language=language,
            text=text,
            audio_path=audio_path,
            ood_score=prediction.ood_score,
            latency_ms=latency_ms,
            **{name: quality.get(name) for name in _QUALITY},
        )
        reason = doubt(prediction)
        with self._changing() as session:
            session.add(row)
            if reason:
                session.flush()
                session.add(DoubtRow(prediction_id=row.id, reason=reason))
        return row.id

    def get_prediction(self, prediction_id: str) -> PredictionRow:
        """One prediction.

        Raises:
            NotFoundError: there is none with this id.
        """
        with self._reading() as session:
            row = session.get(PredictionRow, prediction_id)
        if row is None:
            raise self._no_prediction(prediction_id)
        return row

    def _no_prediction(self, prediction_id: str) -> NotFoundError:
        return NotFoundError(f"There is no prediction '{prediction_id}' in {self.url}.")

    def predictions(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        model_tag: str | None = None,
        *,
        share: float = 1.0,
    ) -> pd.DataFrame:
        """Predictions with since ≤ created_at < until, oldest first, a column per table column.

        Args:
            since: start of the window.
            until: its end.
            model_tag: only predictions of this model.
            share: of them, drawn by their random ids.
        """
        query = within(select(*PredictionRow.__table__.columns), since, until, model_tag)
        if share < 1:
            query = query.where(PredictionRow.id < f"{int(share * 2**32):08x}")
        with self._reading() as session:
            return _frame(session, query)

    def count_predictions(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        model_tag: str | None = None,
    ) -> int:
        """How many predictions fall in since ≤ created_at < until."""
        query = within(select(func.count(PredictionRow.id)), since, until, model_tag)
        with self._reading() as session:
            return int(session.execute(query).scalar_one())

    def first_prediction_at(self, model_tag: str) -> datetime | None:
        """When a model's first prediction was made, None before there is one."""
        first = select(func.min(PredictionRow.created_at)).filter_by(model_tag=model_tag)
        with self._reading() as session:
            return session.execute(first).scalar_one()

    def add_feedback(
        self,
        prediction_id: str,
        emotion: str,
        *,
        source: str,
        role: str | None = None,
        given_by: str = "",
    ) -> FeedbackRow:
        """Keep what `source` says the emotion was. Saying the same again changes nothing.

        Args:
            prediction_id: of which prediction.
            emotion: what it was.
            source: who says so.
            role: what they are.
            given_by: the API key that they showed, if any.

        Raises:
            LabelError: the emotion is not in the vocabulary.
            NotFoundError: there is no such prediction.
            ConflictError: this source said another emotion before, by the same key.
        """
        if emotion not in EMOTIONS:
            known = ", ".join(EMOTIONS)
            raise LabelError(f"'{emotion}' is not an emotion of this platform. Known: {known}.")
        same = select(FeedbackRow).filter_by(
            prediction_id=prediction_id, source=source, given_by=given_by
        )
        there = select(PredictionRow.id).filter_by(id=prediction_id)
        with self._deciding(f"feedback on {prediction_id}") as session:
            if session.scalar(there.with_for_update(read=True, key_share=True)) is None:
                raise self._no_prediction(prediction_id)
            row = session.execute(same).scalar_one_or_none()
            if row is None:
                row = FeedbackRow(
                    prediction_id=prediction_id,
                    emotion=emotion,
                    source=source,
                    role=role,
                    given_by=given_by,
                )
                session.add(row)
        if row.emotion != emotion:
            raise ConflictError(
                f"'{source}' already said {row.emotion} of prediction {prediction_id}, "
                f"not {emotion}. A source has one say a prediction."
            )
        return row

    def labelled(
        self,
        since: datetime | None = None,
        model_tag: str | None = None,
        params: FeedbackParams | None = None,
        tenant: str | None = None,
    ) -> Labelled:
        """Predictions with the emotion that feedback settled, see `monitoring.vetting`.

        Args:
            since: only predictions that got feedback from this moment on.
            model_tag: only predictions of this model.
            params: whose feedback counts; everybody's without it.
            tenant: only predictions of this tenant's conversations, in any scenario of theirs.
        """
        import pandas as pd

        from monitoring.vetting import SHELL, vet

        given_by = FeedbackRow.given_by
        voice = case((given_by.in_(("", SHELL)), FeedbackRow.source), else_=given_by)
        said = select(FeedbackRow.prediction_id, FeedbackRow.emotion, voice, given_by)
        said = within(said.join(PredictionRow), None, None, model_tag)
        if tenant:
            said = said.where(of_tenant(tenant))
        if since:
            fresh = select(FeedbackRow.prediction_id).where(FeedbackRow.created_at >= since)
            said = said.where(FeedbackRow.prediction_id.in_(fresh))
        about = select(*PredictionRow.__table__.columns).where(
            PredictionRow.id.in_(select(FeedbackRow.prediction_id))
        )
        with self._reading() as session:
            says = pd.DataFrame(
                session.execute(said).all(), columns=["id", "emotion", "voice", "given_by"]
            )
            frame = _frame(session, within(about, None, None, model_tag))
        vetted = vet(says, params)
        return Labelled(frame.merge(vetted.labels, on="id"), vetted.refused)


def _frame(session: Session, query: Any) -> pd.DataFrame:
    """Predictions, oldest first, a column per table column."""
    import pandas as pd

    rows = session.execute(query.order_by(PredictionRow.created_at, PredictionRow.id))
    frame = pd.DataFrame(rows.mappings().all(), columns=list(rows.keys()))
    frame["created_at"] = pd.to_datetime(frame["created_at"], utc=True)
    return frame.astype(dict.fromkeys(_NUMBERS, "float64"))


_QUALITY = ("snr_db", "bandwidth_hz", "loudness_lufs", "clipped_share", "duration_s")
_NUMBERS = [c.name for c in PredictionRow.__table__.columns if isinstance(c.type, Float)]


def of_tenant(tenant: str) -> ColumnElement[bool]:
    """Predictions of a tenant's conversations, in any scenario of theirs."""
    return at_or_under(PredictionRow.tenant, tenant)


def within(
    query: Any, since: datetime | None, until: datetime | None, model_tag: str | None
) -> Any:
    """A query on predictions, of since ≤ created_at < until and one model alone."""
    if since:
        query = query.where(PredictionRow.created_at >= since)
    if until:
        query = query.where(PredictionRow.created_at < until)
    if model_tag:
        query = query.where(PredictionRow.model_tag == model_tag)
    return query
