"""The versions of the store's tables, in both databases."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from observed import make_prediction
from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Double,
    Engine,
    Integer,
    MetaData,
    String,
    inspect,
    text,
)

from monitoring.store import Store, schema
from monitoring.store.engine import engine_of
from monitoring.store.migrations.versions import r0001_first
from monitoring.store.tables import Table, UtcDateTime
from undertone.errors import StoreError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
VALUES = {
    String: "7",
    Integer: 7,
    Double: 0.7,
    Boolean: True,
    JSON: {"seven": 0.7},
    UtcDateTime: NOON,
}


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    engine = engine_of(store_url)
    yield engine
    engine.dispose()


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Table.metadata))


def release_010(engine: Engine) -> None:
    """A store as Undertone 0.1.0 made it, with a row in each table."""
    made: MetaData = r0001_first.metadata
    with engine.begin() as connection:
        made.create_all(connection)
        for table in made.sorted_tables:
            columns = [column for column in table.columns if not column.nullable]
            row = {column.name: VALUES[type(column.type)] for column in columns}
            connection.execute(table.insert().values(row))


def rows(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return {
            table.name: connection.execute(table.select()).mappings().all()
            for table in r0001_first.metadata.sorted_tables
        }


def test_a_new_store_has_the_tables_that_the_code_works_with(engine: Engine, store: Store) -> None:
    with engine.connect() as connection:
        assert differences(connection) == []
        assert schema.version_of(connection) == schema.CURRENT


def test_a_store_of_the_first_release_is_upgraded_without_losing_a_row(
    engine: Engine, store_url: str
) -> None:
    release_010(engine)
    before = rows(engine)
    assert all(before.values())
    with pytest.raises(StoreError, match=r"earlier version \(before 0001.*undertone store upgrade"):
        Store(store_url)
    assert rows(engine) == before
    assert schema.upgrade(store_url) == ("before 0001", schema.CURRENT)
    feedback = [dict(row) | {"given_by": ""} for row in before["feedback"]]
    assert rows(engine) == before | {"feedback": feedback}
    with engine.connect() as connection:
        assert differences(connection) == []
    store = Store(store_url)
    assert store.get_prediction("7").speaker_id is None
    store.close()
    assert schema.upgrade(store_url) == (schema.CURRENT, schema.CURRENT)


def test_columns_that_an_early_store_lacks_are_added(engine: Engine, store_url: str) -> None:
    release_010(engine)
    with engine.begin() as connection:
        for column in ("role", "purpose", "consent"):
            connection.execute(text(f"ALTER TABLE predictions DROP COLUMN {column}"))
    schema.upgrade(store_url)
    store = Store(store_url)
    key = store.add_prediction(make_prediction(), role="caller", consent=True)
    row = store.get_prediction(key)
    assert (row.role, row.purpose, row.consent) == ("caller", None, True)
    store.close()


def test_a_step_back_and_forth_keeps_the_rows(engine: Engine, store_url: str, store: Store) -> None:
    key = store.add_prediction(make_prediction(), speaker_id="s1")
    for given_by in ("", "desk"):
        store.add_feedback(key, "fear", source="agent-7", given_by=given_by)
    assert schema.downgrade(store_url) == ("0003", "0002")
    assert schema.downgrade(store_url) == ("0002", "0001")
    indexes = {index["name"] for index in inspect(engine).get_indexes("predictions")}
    assert "ix_predictions_speaker_id" not in indexes
    with pytest.raises(StoreError, match="of an earlier version"):
        Store(store_url)
    with pytest.raises(StoreError, match="has no version before 0001"):
        schema.downgrade(store_url)
    assert schema.upgrade(store_url) == ("0001", "0003")
    assert store.get_prediction(key).speaker_id == "s1"
    labelled = store.labelled().frame
    assert labelled[["feedback_emotion", "voice"]].values.tolist() == [["fear", "agent-7"]]


@pytest.mark.parametrize("open_it", [Store, schema.upgrade, schema.downgrade])
def test_a_newer_store_is_left_alone(
    engine: Engine, store_url: str, store: Store, open_it: Callable[[str], object]
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="version 9999, which this Undertone does not know"):
        open_it(store_url)


def test_the_newest_migration_is_the_current_version() -> None:
    versions = sorted(schema.known_versions())
    assert (versions[0], versions[-1]) == (schema.FIRST, schema.CURRENT)


OPEN = """
import sys
from monitoring.store import schema, Store
print("ready", flush=True)
sys.stdin.readline()
print(schema.upgrade(sys.argv[1]) if sys.argv[2] == "upgrade" else Store(sys.argv[1]).audit())
"""


@pytest.mark.parametrize("how", ["open", "upgrade"])
def test_two_that_start_at_once_migrate_once(engine: Engine, store_url: str, how: str) -> None:
    if how == "upgrade":
        release_010(engine)
    command = [sys.executable, "-c", OPEN, store_url, how]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    racers = [subprocess.Popen(command, **pipes) for _ in range(2)]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    told = sorted(racer.communicate("go\n", timeout=60)[0] for racer in racers)
    assert [racer.returncode for racer in racers] == [0, 0]
    if how == "upgrade":
        assert told == ["('0003', '0003')\n", "('before 0001', '0003')\n"]
    with engine.connect() as connection:
        assert differences(connection) == []
