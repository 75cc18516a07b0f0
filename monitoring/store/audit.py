"""Who changed who may do what, what was forgotten, and what was decided about retrains.

It names no speaker and holds no key.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitoring.store.database import Database
from monitoring.store.tables import Table, now


class AuditRow(Table):
    """One act of an operator, or of the service on an operator's behalf."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    action: Mapped[str]
    by: Mapped[str]
    details: Mapped[dict[str, Any]]

    def columns(self) -> tuple[str, str, str, str]:
        """For a table: when, who, what, details."""
        told = ", ".join(f"{name} {value}" for name, value in self.details.items())
        return (f"{self.at:%F %T}", self.by, self.action, told)


class AuditLog(Database):
    """The acts, which are written in the transaction that they are about and never changed."""

    def audit(self) -> list[AuditRow]:
        """All acts, oldest first."""
        with self._reading() as session:
            return list(session.scalars(select(AuditRow).order_by(AuditRow.id)))


def note(session: Session, action: str, by: str, **details: Any) -> None:
    """Write an act down."""
    session.add(AuditRow(action=action, by=by, details=details))
