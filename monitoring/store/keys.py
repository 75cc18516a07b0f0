"""API keys: who they let in, to what, and how often.

A key is `ut_ID_SECRET`. The secret is 256 random bits, which nobody can guess or look up in a
table, so one SHA-256 keeps it as safe as a slow password hash would, and costs no time per request.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from math import inf

from sqlalchemy import JSON, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from monitoring.store.audit import note
from monitoring.store.database import Database
from monitoring.store.errors import ConflictError, KeyRefusedError, NotFoundError
from monitoring.store.tables import Table, now

PREFIX = "ut_"
SECRET_BYTES = 32
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class ApiKeyRow(Table):
    """A key. Its secret is not here, only the secret's hash.

    `due_at` is when the requests so far would be done if they came at the steady rate.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(JSON)
    rate_per_minute: Mapped[int | None]
    quota_per_day: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    used: Mapped[int] = mapped_column(default=0)

    def refusal(self) -> str | None:
        """Why the key opens nothing any more."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= now() else None

    def columns(self) -> tuple[str, str, str, str, str]:
        """For a table: id, name, state, last used, scopes and limits."""
        last = f"{self.last_used_at:%F %T}" if self.last_used_at else "never"
        limits = [f"{self.rate_per_minute}/min"] * bool(self.rate_per_minute)
        limits += [f"{self.quota_per_day}/day"] * bool(self.quota_per_day)
        return (self.id, self.name, self.refusal() or "valid", last, " ".join(self.scopes + limits))


class KeyLog(Database):
    """The keys of this installation."""

    def create_key(
        self,
        name: str,
        scopes: Sequence[str],
        *,
        rate_per_minute: int | None = None,
        quota_per_day: int | None = None,
        lifetime: timedelta | None = None,
        by: str,
    ) -> str:
        """Make a key.

        Returns:
            The key. It cannot be had again.

        Raises:
            ConflictError: there is one of this name, perhaps a revoked one, or the name stands for
                somebody else.
        """
        from monitoring.vetting import SHELL

        if name == SHELL:
            raise ConflictError(f"'{name}' stands for whoever answers there: take another name.")
        key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(SECRET_BYTES)
        row = ApiKeyRow(
            id=key_id,
            name=name,
            digest=_digest(secret),
            scopes=list(scopes),
            rate_per_minute=rate_per_minute,
            quota_per_day=quota_per_day,
            expires_at=now() + lifetime if lifetime else None,
        )
        try:
            with self._changing() as session:
                session.add(row)
                note(session, "key created", by, key=name, scopes=" ".join(scopes))
        except IntegrityError as error:
            raise ConflictError(f"There is or was a key '{name}': take another name.") from error
        return f"{PREFIX}{key_id}_{secret}"

    def api_keys(self) -> list[ApiKeyRow]:
        """All keys, revoked ones too, oldest first."""
        with self._reading() as session:
            return list(session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.created_at)))

    def revoke_key(self, name: str, *, by: str) -> None:
        """Make a key useless from now on. Doing it again changes nothing.

        Raises:
            NotFoundError: there is no key of this name.
        """
        with self._changing() as session:
            row = session.scalars(select(ApiKeyRow).filter_by(name=name)).first()
            if row is None:
                raise NotFoundError(f"There is no key '{name}'. See undertone keys list.")
            if row.revoked_at is None:
                row.revoked_at = now()
                note(session, "key revoked", by, key=name)

    def find_key(self, key: str) -> ApiKeyRow:
        """The row of a key that was sent.

        Raises:
            KeyRefusedError: it is unknown, revoked or expired.
        """
        key_id, _, secret = key.removeprefix(PREFIX).partition("_")
        with self._reading() as session:
            row = session.get(ApiKeyRow, key_id)
        if row is None or not hmac.compare_digest(row.digest, _digest(secret)):
            raise KeyRefusedError("unknown")
        if reason := row.refusal():
            raise KeyRefusedError(reason)
        return row

    def spend(self, key: ApiKeyRow) -> None:
        """Count a request against the limits of its key, whichever process it reached.

        A rate lets as many requests through at once as it allows in a minute, then one at a time.
        A day begins at midnight UTC.

        Raises:
            KeyRefusedError: it is over its rate or its quota.
        """
        moment = now()
        limited = key.rate_per_minute or key.quota_per_day
        if not limited and key.last_used_at and moment - key.last_used_at < MINUTE:
            return
        with self._changing() as session:
            row = session.get_one(ApiKeyRow, key.id, with_for_update=True)
            _count(row, moment)
            row.last_used_at = moment


def _count(row: ApiKeyRow, moment: datetime) -> None:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    used = row.used if row.last_used_at and row.last_used_at >= midnight else 0
    if used >= (row.quota_per_day or inf):
        raise KeyRefusedError("quota", (midnight + DAY - moment).total_seconds())
    if row.rate_per_minute:
        pause = MINUTE / row.rate_per_minute
        due = max(row.due_at or moment, moment)
        wait = (due - moment) - (MINUTE - pause)
        if wait > timedelta(0):
            raise KeyRefusedError("rate", wait.total_seconds())
        row.due_at = due + pause
    row.used = used + 1


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
