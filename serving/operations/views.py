"""Answers to `/operations/…`, from the store. They block: call them in a thread."""

from datetime import datetime, timedelta
from pathlib import Path

from monitoring.store import (
    LineageRow,
    NotFoundError,
    PointerMoveRow,
    PredictionRow,
    RetrainRow,
    Store,
    VerdictRow,
)
from serving.operations.schemas import (
    ChampionMove,
    Champions,
    Doubtful,
    Hour,
    JudgedWindow,
    Last,
    Retrain,
    Review,
    ReviewQuery,
    Rollback,
    Traffic,
    TrafficQuery,
    Verdicts,
)
from serving.refusal import RefusedError
from undertone.prediction import Modalities


def traffic(store: Store, query: TrafficQuery, until: datetime) -> Traffic:
    """Predictions per hour and the mix of their emotions."""
    since = until - timedelta(hours=query.hours)
    hours: dict[datetime, Hour] = {}
    for count in store.traffic(since):
        hour = hours.setdefault(count.start, Hour(start=count.start))
        hour.predictions += count.predictions
        hour.unknown += count.unknown
        hour.emotions[count.emotion] = count.predictions
    return Traffic(since=since, until=until, hours=list(hours.values()))


def verdicts(store: Store, query: Last, _until: datetime) -> Verdicts:
    """Verdicts of the drift gate, with their reports and the retrains they asked for."""
    return Verdicts(verdicts=[_judged(*rows) for rows in store.recent_verdicts(query.limit)])


def review(store: Store, query: ReviewQuery, until: datetime) -> Review:
    """Predictions most in need of a person."""
    since = until - timedelta(hours=query.hours)
    rows = store.review_queue(since, query.limit)
    return Review(
        waiting=store.count_review_queue(since), predictions=[_doubtful(*row) for row in rows]
    )


def champions(store: Store, query: Last, _until: datetime) -> Champions:
    """Which model became the champion when, why, and how good it was on test."""
    to = store.rollback_target("champion")
    moves = [_moved(*rows) for rows in store.recent_moves("champion", query.limit)]
    return Champions(moves=moves, rollback=Rollback(to=to) if to else None)


def report_of(store: Store, verdict_id: str) -> Path:
    """The file of a verdict's report; only a path that the store names is ever opened.

    Raises:
        RefusedError: there is no such verdict, or its report is gone.
    """
    try:
        path = _report_path(store.get_verdict(verdict_id))
    except NotFoundError:
        raise RefusedError(
            404, "There is no verdict with this id.", "GET /operations/verdicts lists them."
        ) from None
    if path is None:
        raise RefusedError(
            404,
            "The report of this verdict is not on this machine.",
            "It lies where the monitoring pipeline ran: undertone monitor verdicts tells its path.",
        )
    return path


def _report_path(verdict: VerdictRow) -> Path | None:
    path = Path(verdict.report_path or "")
    return path if path.suffix == ".html" and path.is_file() else None


def _judged(verdict: VerdictRow, retrain: RetrainRow | None) -> JudgedWindow:
    return JudgedWindow(
        id=verdict.id,
        champion=verdict.champion,
        window_start=verdict.window_start,
        window_end=verdict.window_end,
        verdict=verdict.verdict,
        words=verdict.columns()[2],
        report=f"/operations/reports/{verdict.id}" if _report_path(verdict) else None,
        retrain=Retrain(
            state=retrain.state, reason=retrain.reason, challenger=retrain.challenger_tag
        )
        if retrain
        else None,
    )


def _doubtful(row: PredictionRow, reason: str) -> Doubtful:
    return Doubtful(
        prediction_id=row.id,
        created_at=row.created_at,
        reason=reason,
        emotion=row.emotion,
        confidence=row.confidence,
        distribution=row.distribution,
        modalities=Modalities(audio=row.has_audio, text=row.has_text, image=row.has_image),
        duration_s=row.duration_s,
        channel=row.channel,
        model_tag=row.model_tag,
        text=row.text,
    )


def _moved(move: PointerMoveRow, lineage: LineageRow | None) -> ChampionMove:
    return ChampionMove(
        version=move.version,
        tag=move.tag,
        moved_at=move.created_at,
        reason=move.reason,
        is_rollback=move.is_rollback,
        data_revision=lineage.data_revision if lineage else None,
        run_id=lineage.run_id if lineage else None,
        verdict_id=lineage.verdict_id if lineage else None,
        metrics=lineage.metrics if lineage else {},
    )
