"""Live traffic that a person vouched for: what the champion's predictions are compared with."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from monitoring.store.audit import note
from monitoring.store.database import Database
from monitoring.store.tables import Table, new_id, now


class BaselineRow(Table):
    """Some days of a champion's traffic, summed up. The newest of a champion counts."""

    __tablename__ = "baselines"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    champion: Mapped[str] = mapped_column(index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    by: Mapped[str]
    details: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class BaselineLog(Database):
    """Baselines."""

    def add_baseline(self, row: BaselineRow) -> BaselineRow:
        """Compare with this from now on."""
        with self._changing() as session:
            session.add(row)
            period = f"{row.since:%F %H:%M} to {row.until:%F %H:%M}"
            note(session, "baseline taken", row.by, champion=row.champion, period=period)
        return row

    def baseline(self, champion: str) -> BaselineRow | None:
        """What a champion's traffic is compared with, none while that is its evaluation."""
        newest = select(BaselineRow).filter_by(champion=champion)
        with self._reading() as session:
            return session.scalars(newest.order_by(BaselineRow.created_at.desc())).first()
