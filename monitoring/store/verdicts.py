"""Verdicts of the drift gate, and the evidence it carries between them."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from monitoring.store.database import Database
from monitoring.store.errors import ConflictError, NotFoundError
from monitoring.store.retrains import request
from monitoring.store.tables import GateStateRow, RetrainRow, VerdictRow, now


class VerdictLog(Database):
    """What the gate said, window by window."""

    def add_verdict(
        self,
        verdict: VerdictRow,
        state: dict[str, Any],
        previous_end: datetime | None,
        *,
        ask_retrain: bool = False,
    ) -> VerdictRow:
        """Keep a verdict, the gate's new state and the request for a retrain in one transaction.

        A verdict on the same champion, window and policy stands already: that one is returned and
        the state stays.

        Args:
            verdict: the new verdict.
            state: the gate's state after its window.
            previous_end: end of the window that the gate had seen last, None for the first.
            ask_retrain: whether the verdict asks for a retrain.

        Raises:
            ConflictError: another monitor moved the state meanwhile.
        """
        key = {"champion": verdict.champion, "policy": verdict.policy}
        same = select(VerdictRow).filter_by(
            window_start=verdict.window_start, window_end=verdict.window_end, **key
        )
        with self._deciding(f"verdicts on {verdict.champion}") as session:
            if known := session.scalars(same).first():
                return known
            carried = session.get(GateStateRow, key, with_for_update=True)
            if (carried.window_end if carried else None) != previous_end:
                raise ConflictError(
                    f"Another monitor of {verdict.champion} finished meanwhile. Run it again."
                )
            session.merge(GateStateRow(window_end=verdict.window_end, state=state, **key))
            session.add(verdict)
            if ask_retrain:
                request(session, verdict)
        return verdict

    def gate_state(self, champion: str, policy: str) -> GateStateRow | None:
        """The evidence carried so far, None before the first window."""
        with self._reading() as session:
            return session.get(GateStateRow, (champion, policy))

    def get_verdict(self, verdict_id: str) -> VerdictRow:
        """One verdict.

        Raises:
            NotFoundError: there is none with this id.
        """
        with self._reading() as session:
            row = session.get(VerdictRow, verdict_id)
        if row is None:
            raise NotFoundError(f"There is no verdict '{verdict_id}' in {self.url}.")
        return row

    def find_verdict(
        self, champion: str, policy: str, window_start: datetime, window_end: datetime
    ) -> VerdictRow | None:
        """The verdict on exactly this window, if it was given before."""
        query = select(VerdictRow).filter_by(
            champion=champion, policy=policy, window_start=window_start, window_end=window_end
        )
        with self._reading() as session:
            return session.scalars(query).first()

    def verdicts(self, champion: str | None = None) -> list[VerdictRow]:
        """All verdicts, or those on one champion's predictions, oldest first."""
        query = select(VerdictRow).order_by(VerdictRow.window_end, VerdictRow.created_at)
        if champion:
            query = query.filter_by(champion=champion)
        with self._reading() as session:
            return list(session.scalars(query))

    def untold_verdicts(self, since: datetime) -> list[VerdictRow]:
        """Verdicts with an alert, given from `since` on, that nobody was told of yet."""
        query = (
            select(VerdictRow)
            .where(VerdictRow.alert.is_not(None), VerdictRow.created_at >= since)
            .where(VerdictRow.told_at.is_(None))
            .order_by(VerdictRow.created_at)
        )
        with self._reading() as session:
            return list(session.scalars(query))

    def mark_told(self, verdict_id: str) -> None:
        """Note that somebody was told of a verdict."""
        told = update(VerdictRow).where(VerdictRow.id == verdict_id)
        with self._changing() as session:
            session.execute(told.values(told_at=now()))

    def recent_verdicts(self, limit: int) -> list[tuple[VerdictRow, RetrainRow | None]]:
        """The newest verdicts, each with the retrain that it asked for, newest first."""
        query = (
            select(VerdictRow, RetrainRow)
            .outerjoin(RetrainRow, RetrainRow.key == VerdictRow.id)
            .order_by(VerdictRow.window_end.desc(), VerdictRow.created_at.desc())
            .limit(limit)
        )
        with self._reading() as session:
            return [(verdict, retrain) for verdict, retrain in session.execute(query)]
