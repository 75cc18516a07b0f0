"""What the store says when its database does not answer."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from observed import make_prediction
from sqlalchemy import make_url, text

from monitoring.store import Store, engine
from tests.servers import PASSWORD, Postgres, postgresql
from undertone.errors import StoreError

SECRET = "s3cr3t"


@pytest.fixture
def dying() -> Iterator[Postgres]:
    with postgresql() as server:
        yield server


def test_the_password_opens_and_is_told_nowhere(postgres: Postgres) -> None:
    with postgres.database() as url:
        store = Store(postgres.url_with(PASSWORD, str(make_url(url).database)))
        store.add_prediction(make_prediction())
        assert PASSWORD not in store.url
        store.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://undertone:{secret}@127.0.0.1:{port}/postgres",
        "postgresql+psycopg://undertone@127.0.0.1:{port}/postgres?password={secret}",
        "postgresql+psycopg://undertone:{secret}@127.0.0.1:9/postgres",
        "postgresql+psycopg://undertone:{secret}@127.0.0.1:{port}/nothing",
        "postgresql+psycopg://undertone:{secret}@127.0.0.1:port/postgres",
        "postgresql+psycopg9://undertone:{secret}@127.0.0.1/postgres",
        "postgresql+psycopg:/undertone:{secret}@127.0.0.1/postgres",
    ],
)
def test_no_error_tells_the_password(postgres: Postgres, url: str) -> None:
    with pytest.raises(StoreError, match=r"does not answer|cannot be used") as refused:
        Store(url.format(secret=SECRET, port=postgres.port))
    error: BaseException | None = refused.value
    while error:
        assert SECRET not in str(error)
        error = error.__cause__


def test_a_server_that_went_away_is_told_and_found_again(dying: Postgres) -> None:
    store = Store(dying.url("postgres"))
    store.add_prediction(make_prediction())
    dying.stop()
    with pytest.raises(StoreError, match="does not answer"):
        store.add_prediction(make_prediction())
    dying.start()
    store.add_prediction(make_prediction())
    assert store.count_predictions() == 2
    store.close()


def test_a_locked_store_is_told_after_a_while(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 1)
    store = Store(store_url)
    if store_url.startswith("sqlite"):
        other = sqlite3.connect(tmp_path / "store.sqlite")
        other.execute("BEGIN IMMEDIATE")
        said = "locked"
    else:
        other = store._engine.connect()
        other.execute(text("LOCK TABLE predictions IN EXCLUSIVE MODE"))
        said = "lock timeout"
    with pytest.raises(StoreError, match=said):
        store.add_prediction(make_prediction())
    other.close()
    store.add_prediction(make_prediction())
    store.close()
