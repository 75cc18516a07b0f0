"""Which uses the operator has recorded a medical or safety basis for."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Mapped, mapped_column

from monitoring.store.audit import note
from monitoring.store.database import Database
from monitoring.store.errors import ConflictError, NotFoundError
from monitoring.store.tables import Table, now
from undertone.errors import UndertoneError
from undertone.use import COVERED, PROTECTED, Basis, Purpose, Role


class UsePermissionRow(Table):
    """A basis for inferring the emotions of a protected role. Revoked ones stay."""

    __tablename__ = "use_permissions"

    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    purpose: Mapped[str]
    basis: Mapped[str]
    reason: Mapped[str]
    allowed_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]

    def columns(self) -> tuple[str, str, str, str]:
        """For a table: since, until, whose emotions for what, why and by whom."""
        until = f"{self.revoked_at:%F}" if self.revoked_at else ""
        why = f"{self.basis}: {self.reason} ({self.allowed_by})"
        return (f"{self.created_at:%F}", until, f"{self.role} for {self.purpose}", why)


class PermissionLog(Database):
    """The exceptions to the use policy."""

    def allow_use(self, role: Role, purpose: Purpose, basis: Basis, reason: str, by: str) -> None:
        """Record the basis for a use.

        Raises:
            UndertoneError: the role needs none, or the basis does not cover the purpose.
            ConflictError: the use is allowed already.
        """
        if role not in PROTECTED:
            raise UndertoneError(f"Role {role} is allowed without a basis.")
        if purpose not in COVERED[basis]:
            known = ", ".join(sorted(COVERED[basis]))
            raise UndertoneError(f"A {basis} basis does not cover {purpose}. It covers {known}.")
        details = {"role": role, "purpose": purpose, "basis": basis, "reason": reason}
        with self._deciding("permissions") as session:
            if session.scalars(_valid(role, purpose)).first():
                raise ConflictError(f"{role} for {purpose} is allowed already.")
            session.add(UsePermissionRow(allowed_by=by, **details))
            note(session, "use allowed", by, **details)

    def revoke_use(self, role: Role, purpose: Purpose, by: str) -> None:
        """Take a permission back, from the next request on.

        Raises:
            NotFoundError: the use is not allowed.
        """
        with self._deciding("permissions") as session:
            row = session.scalars(_valid(role, purpose)).first()
            if row is None:
                raise NotFoundError(
                    f"{role} for {purpose} is not allowed. See undertone policy list."
                )
            row.revoked_at = now()
            note(session, "use revoked", by, role=role, purpose=purpose)

    def use_permissions(self) -> list[UsePermissionRow]:
        """All permissions, revoked ones too, oldest first."""
        with self._reading() as session:
            return list(session.scalars(select(UsePermissionRow).order_by(UsePermissionRow.id)))

    def is_use_allowed(self, role: Role, purpose: Purpose) -> bool:
        """Whether a basis for a use is on record."""
        with self._reading() as session:
            return session.scalars(_valid(role, purpose)).first() is not None


def _valid(role: Role, purpose: Purpose) -> Select[UsePermissionRow]:
    return select(UsePermissionRow).filter_by(role=role, purpose=purpose, revoked_at=None)
