"""The connection: SQLite in WAL mode, or PostgreSQL, behind two kinds of transaction."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateColumn

from monitoring.store.tables import Table
from undertone.config import home
from undertone.errors import StoreError

BUSY_TIMEOUT_S = 30.0
SCHEMA_LOCK = 0x756E6465  # "unde"


class Database:
    """Opens the store and makes its tables.

    Args:
        url: a SQLAlchemy URL. Without it `UNDERTONE_STORE` counts, then SQLite in `home()`.

    Raises:
        StoreError: the URL is wrong, its driver is missing or the database does not answer.
    """

    def __init__(self, url: str | None = None) -> None:
        url = url or os.environ.get("UNDERTONE_STORE") or f"sqlite:///{home() / 'store.sqlite'}"
        self._engine = _engine(url)
        os.register_at_fork(after_in_child=partial(self._engine.dispose, close=False))
        self._writing = self._engine.execution_options(writes=True)
        with self._explained(), self._writing.begin() as connection:
            if connection.dialect.name == "postgresql":  # SQLite's write lock is held already
                connection.execute(select(func.pg_advisory_xact_lock(SCHEMA_LOCK)))
            Table.metadata.create_all(connection)
            _add_new_columns(connection)

    @property
    def url(self) -> str:
        """Where the store is, the password masked."""
        return self._engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Let go of pooled connections."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with self._explained(), Session(self._engine) as session:
            yield session

    @contextmanager
    def _changing(self) -> Iterator[Session]:
        """A transaction that takes SQLite's write lock first, so it cannot be overtaken."""
        writing = Session(self._writing, expire_on_commit=False)
        with self._explained(), writing as session, session.begin():
            yield session

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise StoreError(f"The store {self.url} does not answer: {error.orig}") from error


def _add_new_columns(connection: Connection) -> None:
    """Bring the tables of an older store up to date: what is new may be empty."""
    known = inspect(connection)
    for table in Table.metadata.sorted_tables:
        there = {column["name"] for column in known.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                added = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {added}")


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return create_engine(parsed, pool_pre_ping=True)
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S})
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, OSError) as error:
        raise StoreError(
            f"UNDERTONE_STORE or the given URL cannot be used: {error}. "
            "Write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME (and install psycopg)."
        ) from error
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "threads=2"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
