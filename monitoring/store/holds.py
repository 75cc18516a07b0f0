"""The switch by which a person keeps retrains from starting."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Mapped, mapped_column

from monitoring.store.audit import note
from monitoring.store.database import Database
from monitoring.store.errors import ConflictError, NotFoundError
from monitoring.store.tables import Table, now


class HoldRow(Table):
    """A time in which no retrain may start, until somebody lifts it."""

    __tablename__ = "holds"

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    lifted_at: Mapped[datetime | None]


class HoldLog(Database):
    """Holds, one at a time."""

    def hold_retrains(self, reason: str, by: str) -> None:
        """Let no retrain start; one that runs goes on.

        Raises:
            ConflictError: they are held already.
        """
        with self._deciding("holds") as session:
            if held := session.scalars(standing()).first():
                raise ConflictError(f"{held.by} holds retrains already: {held.reason}.")
            session.add(HoldRow(by=by, reason=reason))
            note(session, "retrains held", by, reason=reason)

    def release_retrains(self, by: str) -> None:
        """Let retrains start again.

        Raises:
            NotFoundError: they are not held.
        """
        with self._deciding("holds") as session:
            held = session.scalars(standing()).first()
            if held is None:
                raise NotFoundError("Retrains are not held.")
            held.lifted_at = now()
            note(session, "retrains released", by)

    def hold(self) -> HoldRow | None:
        """Who holds retrains and why, if somebody does."""
        with self._reading() as session:
            return session.scalars(standing()).first()


def standing() -> Select[HoldRow]:
    """The hold that was not lifted, if there is one."""
    return select(HoldRow).where(HoldRow.lifted_at.is_(None))
