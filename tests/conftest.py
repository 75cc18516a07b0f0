"""Servers that several folders of tests need; each starts when it is first asked for."""

from collections.abc import Iterator

import pytest

from tests import servers


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """A PostgreSQL server."""
    with servers.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """An S3 server's address."""
    with servers.s3() as address:
        yield address
