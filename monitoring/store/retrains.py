"""Retrains: asked for by verdicts, claimed by exactly one pipeline at a time.

Every decision about one is a line of the audit, written in the same transaction.
"""

from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitoring.store.audit import note
from monitoring.store.database import Database
from monitoring.store.errors import ConflictError, NotFoundError
from monitoring.store.holds import standing
from monitoring.store.tables import RetrainRow, VerdictRow, new_id, now

Outcome = Literal["done", "kept", "failed"]
TRIGGER = "the trigger"  # who decides, in the audit


class RetrainQueue(Database):
    """Requests that wait, run under a lease, and end as done, kept or failed."""

    def request_retrain(self, verdict_id: str) -> RetrainRow:
        """Ask for a retrain; asking again, or while one of this champion is open, adds nothing.

        Returns:
            The request that now stands for this verdict.

        Raises:
            NotFoundError: there is no such verdict.
        """
        try:
            return self._request(verdict_id)
        except IntegrityError:  # another caller asked between the look and the write
            return self._request(verdict_id)

    def _request(self, verdict_id: str) -> RetrainRow:
        with self._changing() as session:
            verdict = session.get(VerdictRow, verdict_id)
            if verdict is None:
                raise NotFoundError(f"There is no verdict '{verdict_id}' in {self.url}.")
            return request(session, verdict)

    def retrain(self, key: str) -> RetrainRow:
        """One request.

        Raises:
            NotFoundError: there is none with this key.
        """
        with self._reading() as session:
            row = session.get(RetrainRow, key)
        if row is None:
            raise NotFoundError(f"There is no retrain '{key}' in {self.url}.")
        return row

    def retrains(self, champion: str | None = None) -> list[RetrainRow]:
        """All requests, or those against one champion, oldest first."""
        query = select(RetrainRow).order_by(RetrainRow.created_at)
        if champion:
            query = query.filter_by(champion=champion)
        with self._reading() as session:
            return list(session.scalars(query))

    def waiting_retrain(self, lease: timedelta) -> RetrainRow | None:
        """The oldest request to claim. A running one whose lease has expired waits again."""
        expired = update(RetrainRow).where(
            RetrainRow.state == "running", RetrainRow.claimed_at < now() - lease
        )
        waiting = select(RetrainRow).filter_by(state="waiting").order_by(RetrainRow.created_at)
        with self._changing() as session:
            session.execute(
                expired.values(state="waiting", slot=None, token=None, reason="lease expired")
            )
            return session.scalars(waiting).first()

    def claim_retrain(self, key: str) -> RetrainRow | None:
        """Take a waiting request. Of any number of callers, in any processes, one gets it.

        Returns:
            The request with its `token`, which `finish_retrain` wants; None when another
            caller was faster, another retrain is running or somebody holds them.
        """
        claim = (
            update(RetrainRow)
            .where(RetrainRow.key == key, RetrainRow.state == "waiting", ~standing().exists())
            .values(state="running", slot=1, token=new_id(), claimed_at=now(), reason="")
        )
        try:
            with self._changing() as session:
                claimed = session.execute(claim.returning(RetrainRow)).scalar_one_or_none()
                if claimed:
                    _note(session, claimed)
        except IntegrityError:
            return None
        return claimed

    def explain_retrain(self, key: str, reason: str) -> None:
        """Note on a waiting request what it waits for."""
        with self._changing() as session:
            row = session.get(RetrainRow, key, with_for_update=True)
            if row and row.state == "waiting" and row.reason != reason:
                row.reason = reason
                _note(session, row)

    def close_retrain(self, key: str, reason: str, challenger_tag: str | None = None) -> None:
        """End a waiting request that is not to run any more.

        Args:
            key: of the request.
            reason: why not.
            challenger_tag: the champion that came of it, where a run died just after promoting it:
                then it is done, otherwise kept.
        """
        with self._changing() as session:
            row = session.get(RetrainRow, key, with_for_update=True)
            if row and row.state == "waiting":
                row.challenger_tag = challenger_tag
                _end(session, row, "done" if challenger_tag else "kept", reason)

    def finish_retrain(
        self,
        key: str,
        token: str,
        outcome: Outcome,
        *,
        reason: str,
        challenger_tag: str | None = None,
    ) -> RetrainRow:
        """End a claimed retrain. The same end may be told twice.

        Raises:
            NotFoundError: there is no such request.
            ConflictError: the claim is not this caller's, or its lease ran out and it was lost.
        """
        with self._changing() as session:
            row = session.get(RetrainRow, key, with_for_update=True)
            if row is None:
                raise NotFoundError(f"There is no retrain '{key}' in {self.url}.")
            if row.token != token or row.state not in ("running", outcome):
                raise ConflictError(f"Retrain {key} is {row.state} and not held by this claim.")
            if row.state == "running":
                row.challenger_tag = challenger_tag
                _end(session, row, outcome, reason)
        return row


def _end(session: Session, row: RetrainRow, outcome: Outcome, reason: str) -> None:
    row.state, row.reason, row.finished_at = outcome, reason, now()
    row.slot = row.open_champion = None
    _note(session, row)


def _note(session: Session, row: RetrainRow) -> None:
    details: dict[str, Any] = {"key": row.key, "champion": row.champion, "reason": row.reason}
    told = {name: value for name, value in details.items() if value}
    note(session, f"retrain {row.state}", TRIGGER, **told)


def request(session: Session, verdict: VerdictRow) -> RetrainRow:
    """The request that stands for a verdict: its own, its champion's open one, or a new one."""
    session.flush()
    of_champion = select(RetrainRow).filter_by(open_champion=verdict.champion)
    row = session.get(RetrainRow, verdict.id) or session.scalars(of_champion).first()
    if row is None:
        row = RetrainRow(key=verdict.id, champion=verdict.champion, open_champion=verdict.champion)
        session.add(row)
        note(session, "retrain asked for", TRIGGER, key=row.key, champion=row.champion)
    return row
