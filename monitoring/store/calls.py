"""Predictions summed up by call in the database: a window's rows are never loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, exists, func, or_, select

from monitoring.store.database import Database
from monitoring.store.predictions import within
from monitoring.store.tables import DoubtRow, FeedbackRow, PredictionRow
from monitoring.store.traffic import hour_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    import numpy as np
    import numpy.typing as npt

    from monitoring.calls import Calls
    from monitoring.ranks import Ranks

AT_ONCE = 5_000
CALL = func.coalesce(PredictionRow.call_id, PredictionRow.id)


class CallLog(Database):
    """What the drift gate needs of the predictions."""

    def call_errors(
        self, model_tag: str, since: datetime, until: datetime | None = None
    ) -> npt.NDArray[np.float64]:
        """Of each call of a model the share of doubtful or contradicted answers, oldest first.

        Args:
            model_tag: the model.
            since: start of the time.
            until: its end; now without it.
        """
        import numpy as np

        row = PredictionRow
        doubtful = exists().where(DoubtRow.prediction_id == row.id)
        contradicted = exists().where(
            FeedbackRow.prediction_id == row.id, FeedbackRow.emotion != row.emotion
        )
        wrong = func.avg(case((or_(doubtful, contradicted), 1.0), else_=0.0))
        query = within(select(wrong), since, until, model_tag)
        query = query.group_by(CALL)
        with self._reading() as session:
            shares = session.execute(query.order_by(func.min(row.created_at))).scalars().all()
        return np.array(shares, dtype=float)

    def calls(
        self,
        emotions: Sequence[str],
        ranks: Mapping[str, Ranks],
        since: datetime | None = None,
        until: datetime | None = None,
        model_tag: str | None = None,
    ) -> Iterator[Calls]:
        """The calls with predictions in since ≤ created_at < until, many at a time.

        Args:
            emotions: the K emotions whose shares are wanted.
            ranks: the signals that are wanted.
            since: start of the window.
            until: its end.
            model_tag: only predictions of this model.
        """
        import numpy as np

        from monitoring.calls import DIMENSIONS, Calls

        row = PredictionRow
        said = [func.count(case((row.emotion == name, 1))) for name in emotions]
        signals = [func.avg(rank.sql(getattr(row, name))) for name, rank in ranks.items()]
        began = hour_of(func.min(row.created_at))
        where = [func.max(getattr(row, name)) for name in DIMENSIONS]
        query = within(
            select(func.count(), began, *where, *said, *signals), since, until, model_tag
        )
        query = query.group_by(CALL)
        many = {"yield_per": AT_ONCE}  # the driver hands out no more at a time
        with self._reading() as session:
            for rows in session.connection().execute(query, execution_options=many).partitions():
                columns = list(zip(*rows, strict=True))
                (sizes, hours), columns = columns[:2], columns[2:]
                told, figures = columns[: len(where)], np.array(columns[len(where) :], float)
                figures[: len(said)] /= sizes
                yield Calls(
                    figures.T,
                    np.array(hours, dtype="datetime64[h]"),
                    {
                        name: np.array(values, dtype=object)
                        for name, values in zip(DIMENSIONS, told, strict=True)
                    },
                    sum(sizes),
                )
