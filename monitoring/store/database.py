"""The store's transactions: to read, to write, and to decide one at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy.orm import Session

from monitoring.store import schema
from monitoring.store.engine import engine_of, explained, shown
from undertone.errors import StoreError


class Database:
    """Opens the store; a new one gets its tables.

    Args:
        url: a SQLAlchemy URL. Without it `UNDERTONE_STORE` counts, then SQLite in `home()`.

    Raises:
        StoreError: the URL is wrong, its driver is missing, the database does not answer, or its
            tables are those of another version.
    """

    def __init__(self, url: str | None = None) -> None:
        self._engine = engine_of(url)
        os.register_at_fork(after_in_child=partial(self._engine.dispose, close=False))
        self._writing = self._engine.execution_options(writes=True)
        try:
            with explained(self._engine):
                schema.require_current(self._engine)
        except StoreError:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Where the store is, the password masked."""
        return shown(self._engine.url)

    def close(self) -> None:
        """Let go of pooled connections."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with explained(self._engine), Session(self._engine) as session:
            yield session

    @contextmanager
    def _changing(self) -> Iterator[Session]:
        """A transaction that takes SQLite's write lock first, so it cannot be overtaken there."""
        writing = Session(self._writing, expire_on_commit=False)
        with explained(self._engine), writing as session, session.begin():
            yield session

    @contextmanager
    def _deciding(self, about: str) -> Iterator[Session]:
        """A transaction that cannot be overtaken in PostgreSQL either.

        Args:
            about: those about the same take turns.
        """
        with self._changing() as session:
            schema.take_turn(session.connection(), about)
            yield session
