"""The connection: SQLite in WAL mode, or PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from undertone.config import home
from undertone.errors import StoreError

BUSY_TIMEOUT_S = 30
CONNECT_TIMEOUT_S = 10
SECRETS = ("password", "sslpassword")  # libpq takes them in the query too


def engine_of(url: str | None = None) -> Engine:
    """An engine for a store.

    Args:
        url: a SQLAlchemy URL. Without it `UNDERTONE_STORE` counts, then SQLite in `home()`.

    Raises:
        StoreError: the URL is wrong, or its driver is missing.
    """
    url = url or os.environ.get("UNDERTONE_STORE") or f"sqlite:///{home() / 'store.sqlite'}"
    try:
        parsed = make_url(url)
        return _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, OSError, ValueError) as error:
        raise StoreError(
            f"UNDERTONE_STORE or the given URL cannot be used: {error}. Write sqlite:///FILE or "
            "postgresql+psycopg://USER@HOST/NAME (and install undertone[postgres])."
        ) from error


def shown(url: URL) -> str:
    """A URL as it may be told: without its secrets."""
    return url.difference_update_query(SECRETS).render_as_string(hide_password=True)


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Tell what the database refuses as a `StoreError`, but for broken constraints."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        said = str(error.orig).strip()
        raise StoreError(f"The store {shown(engine.url)} does not answer: {said}") from error


def _sqlite(url: URL) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
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


def _postgresql(url: URL) -> Engine:
    wanted = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "options": f"-c lock_timeout={BUSY_TIMEOUT_S}s -c datestyle=ISO",
    }
    wanted = {name: value for name, value in wanted.items() if name not in url.query}
    return create_engine(url, pool_pre_ping=True, connect_args=wanted)
