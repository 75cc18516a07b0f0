"""The version of the store's tables, and the way from one to the next (Alembic)."""

from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine, column, func, inspect, select, table

from monitoring.store.engine import engine_of, explained, shown
from monitoring.store.tables import PredictionRow
from undertone.errors import StoreError

CURRENT = "0003"
FIRST = "0001"
UNNUMBERED = "before 0001"  # of Undertone 0.1.0 and earlier
KEPT = table("alembic_version", column("version_num"))
MIGRATIONS = Path(__file__).with_name("migrations")


def require_current(engine: Engine) -> None:
    """Make the tables of a new store; of any number of processes one does.

    Raises:
        StoreError: the tables are those of another version.
    """
    with engine.begin() as connection:
        version = version_of(connection)
    if version is None:
        with engine.execution_options(writes=True).begin() as connection:
            take_turn(connection, "schema")
            version = version_of(connection) or _migrate(connection, CURRENT)
    if version != CURRENT:
        raise StoreError(_otherwise(shown(engine.url), str(version)))


def version_of(connection: Connection) -> str | None:
    """The version of a store's tables, None where there are none yet."""
    known = inspect(connection)
    if known.has_table(KEPT.name):
        return connection.execute(select(KEPT.c.version_num)).scalar_one_or_none()
    return UNNUMBERED if known.has_table(PredictionRow.__tablename__) else None


def upgrade(url: str | None = None) -> tuple[str | None, str]:
    """Bring a store's tables to the version that this Undertone works with.

    Args:
        url: as of `Store`.

    Returns:
        The versions before, None for a new store, and after.

    Raises:
        StoreError: the store does not answer, or a newer Undertone made it.
    """
    return _move(url, CURRENT)


def downgrade(url: str | None = None) -> tuple[str | None, str]:
    """Bring a store's tables back by one version, for the Undertone before.

    Args:
        url: as of `Store`.

    Returns:
        The versions before and after.

    Raises:
        StoreError: there is no version before, or the store does not answer.
    """
    return _move(url, "-1")


def take_turn(connection: Connection, about: str) -> None:
    """Wait until nobody else's transaction is about the same. SQLite's write lock does it alone."""
    if connection.dialect.name == "postgresql":
        key = int.from_bytes(sha256(about.encode()).digest()[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(key)))


def _migrate(connection: Connection, to: str) -> str | None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    move = command.upgrade if to == CURRENT else command.downgrade
    move(config, to)
    return version_of(connection)


def _move(url: str | None, to: str) -> tuple[str | None, str]:
    engine = engine_of(url)
    writing = engine.execution_options(writes=True)
    with ExitStack() as last, explained(engine), writing.begin() as connection:
        last.callback(engine.dispose)
        take_turn(connection, "schema")
        before = version_of(connection)
        _require_known(shown(engine.url), before, to)
        return before, str(_migrate(connection, to))


def _require_known(url: str, version: str | None, to: str) -> None:
    if version is not None and version not in (UNNUMBERED, *known_versions()):
        raise StoreError(_otherwise(url, version))
    if to != CURRENT and version in (None, UNNUMBERED, FIRST):
        raise StoreError(f"The store {url} has no version before {version or 'it is made'}.")


def known_versions() -> set[str]:
    """The versions that this Undertone has migrations to."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def _otherwise(url: str, version: str) -> str:
    if version == UNNUMBERED or version in known_versions():
        return (
            f"The store {url} is of an earlier version ({version}, now {CURRENT}). Back it up, "
            "stop what uses it and run `undertone store upgrade`."
        )
    return (
        f"The store {url} is of version {version}, which this Undertone does not know: a newer one "
        "made it. Install that one, or let it take the store back by `undertone store downgrade`."
    )
