"""Which model answers (pointers), and where each came from (lineage)."""

from typing import Any

from sqlalchemy import delete, select

from monitoring.store.audit import note
from monitoring.store.database import Database
from monitoring.store.errors import ConflictError, NotFoundError
from monitoring.store.tables import LineageRow, PointerMoveRow, PointerRow, at_or_under

PLATFORM = "the platform"  # who moves a pointer, in the audit, where no person does


class ModelLog(Database):
    """Pointers that move by compare-and-swap, their history, and lineage."""

    def pointer(self, name: str) -> PointerRow | None:
        """Where `name` points, or None before its first move."""
        with self._reading() as session:
            return session.get(PointerRow, name)

    def pointers(self) -> list[PointerRow]:
        """Where every name points."""
        with self._reading() as session:
            return list(session.scalars(select(PointerRow).order_by(PointerRow.name)))

    def pointer_moves(self, name: str) -> list[PointerMoveRow]:
        """All moves of a pointer, first to last."""
        query = select(PointerMoveRow).filter_by(name=name).order_by(PointerMoveRow.version)
        with self._reading() as session:
            return list(session.scalars(query))

    def move_pointer(
        self,
        name: str,
        tag: str,
        *,
        lineage_id: str,
        reason: str,
        expected_version: int,
        by: str = PLATFORM,
    ) -> PointerRow:
        """Point `name` at `tag` if nobody moved it since `expected_version` was read.

        Args:
            name: champion, challenger or tenant/NAME.
            tag: the bundle's tag in the registry.
            lineage_id: the bundle's lineage.
            reason: why, for the history.
            expected_version: `pointer(name).version` as last seen; 0 for a first move.
            by: who does it, for the audit.

        Raises:
            ConflictError: the pointer is at another version.
        """
        move = PointerMoveRow(
            name=name,
            version=expected_version + 1,
            tag=tag,
            lineage_id=lineage_id,
            is_rollback=False,
            reason=reason,
        )
        return self._move(move, by)

    def roll_back(
        self, name: str, *, reason: str, expected_version: int | None = None, by: str = PLATFORM
    ) -> PointerRow:
        """Point `name` at what it stood for before its last move that was not undone.

        Args:
            name: of the pointer.
            reason: why, for the history.
            expected_version: of the last move; any without it.
            by: who does it, for the audit.

        Raises:
            NotFoundError: there is nothing to go back to.
            ConflictError: somebody moved the pointer meanwhile.
        """
        moves = self.pointer_moves(name)
        if expected_version not in (None, len(moves)):
            raise ConflictError(f"The pointer '{name}' was moved meanwhile.")
        to = _before_last(moves)
        if to is None:
            raise NotFoundError(f"The pointer '{name}' has no earlier model to go back to.")
        move = PointerMoveRow(
            name=name,
            version=len(moves) + 1,
            tag=to.tag,
            lineage_id=to.lineage_id,
            is_rollback=True,
            reason=reason,
        )
        return self._move(move, by)

    def rollback_target(self, name: str) -> str | None:
        """The tag that `roll_back` would point `name` at, or None."""
        to = _before_last(self.pointer_moves(name))
        return to.tag if to else None

    def forget_pointers(self, name: str, *, by: str) -> None:
        """Delete a pointer with its history, and those of names under it (`NAME/...`)."""
        with self._changing() as session:
            for table in (PointerRow, PointerMoveRow):
                these = delete(table).where(at_or_under(table.name, name))
                gone = session.scalars(these.returning(table.name)).all()
            for moved in sorted(set(gone)):
                note(session, f"{moved} forgotten", by)

    def forget_lineage(self, tag: str) -> None:
        """Delete where a model came from."""
        with self._changing() as session:
            session.execute(delete(LineageRow).filter_by(tag=tag))

    def recent_moves(self, name: str, limit: int) -> list[tuple[PointerMoveRow, LineageRow | None]]:
        """The newest moves of a pointer, each with where the model came from, newest first."""
        query = (
            select(PointerMoveRow, LineageRow)
            .outerjoin(LineageRow, LineageRow.lineage_id == PointerMoveRow.lineage_id)
            .where(PointerMoveRow.name == name)
            .order_by(PointerMoveRow.version.desc())
            .limit(limit)
        )
        with self._reading() as session:
            return [(move, lineage) for move, lineage in session.execute(query)]

    def _move(self, move: PointerMoveRow, by: str) -> PointerRow:
        name, expected = move.name, move.version - 1
        row = PointerRow(name=name, version=move.version, tag=move.tag, lineage_id=move.lineage_id)
        with self._deciding(f"pointer {name}") as session:
            current = session.get(PointerRow, name)
            version = current.version if current else 0
            if version == expected:
                note(session, f"{name} moved", by, tag=move.tag, reason=move.reason)
                session.add(move)
                return session.merge(row)
            note(session, f"{name} not moved", by, tag=move.tag, reason="it had changed")
        raise ConflictError(
            f"The {name} has changed: {current.tag if current else 'none'} stands there now "
            f"(version {version}, not {expected}). Nothing was moved; look again and decide anew."
        )

    def add_lineage(
        self,
        lineage_id: str,
        *,
        tag: str,
        data_revision: str,
        split_hash: str,
        run_id: str,
        parent_lineage_id: str | None = None,
        verdict_id: str | None = None,
        corpus_uri: str | None = None,
        heard_uri: str | None = None,
        evaluation_uri: str | None = None,
        metrics: dict[str, Any] | None = None,
    ) -> LineageRow:
        """Keep where a bundle came from. The same lineage of the same tag may be told twice.

        Args:
            lineage_id: the bundle's own id.
            tag: its tag in the registry.
            data_revision: the corpus's revision.
            split_hash: hash of who trained, validated and tested.
            run_id: the pipeline run that made it.
            parent_lineage_id: the champion it was retrained from.
            verdict_id: the verdict that asked for the retrain.
            corpus_uri: the corpus folder.
            heard_uri: the heard folder.
            evaluation_uri: the evaluation folder, whose predictions are the gate's reference.
            metrics: its figures on test.

        Raises:
            ConflictError: the lineage id belongs to another tag.
        """
        row = LineageRow(
            lineage_id=lineage_id,
            tag=tag,
            data_revision=data_revision,
            split_hash=split_hash,
            run_id=run_id,
            parent_lineage_id=parent_lineage_id,
            verdict_id=verdict_id,
            corpus_uri=corpus_uri,
            heard_uri=heard_uri,
            evaluation_uri=evaluation_uri,
            metrics=metrics or {},
        )
        with self._deciding(f"lineage {lineage_id}") as session:
            known = session.get(LineageRow, lineage_id)
            if known is not None and known.tag != tag:
                raise ConflictError(f"Lineage {lineage_id} belongs to {known.tag}, not to {tag}.")
            return session.merge(row)

    def get_lineage(self, lineage_id: str) -> LineageRow:
        """One lineage.

        Raises:
            NotFoundError: there is none with this id.
        """
        with self._reading() as session:
            row = session.get(LineageRow, lineage_id)
        if row is None:
            raise NotFoundError(f"There is no lineage '{lineage_id}' in {self.url}.")
        return row

    def lineage_of_tag(self, tag: str) -> LineageRow | None:
        """The lineage of a bundle's tag, the newest if it was registered again."""
        query = select(LineageRow).filter_by(tag=tag).order_by(LineageRow.created_at.desc())
        with self._reading() as session:
            return session.scalars(query).first()

    def lineage_of_verdict(self, verdict_id: str) -> list[LineageRow]:
        """The bundles that a verdict led to."""
        query = select(LineageRow).filter_by(verdict_id=verdict_id).order_by(LineageRow.created_at)
        with self._reading() as session:
            return list(session.scalars(query))


def _before_last(moves: list[PointerMoveRow]) -> PointerMoveRow | None:
    """The move that stands before the last one that was not undone."""
    standing: list[PointerMoveRow] = []
    for move in moves:
        if move.is_rollback:
            standing.pop()
        else:
            standing.append(move)
    return standing[-2] if len(standing) > 1 else None
