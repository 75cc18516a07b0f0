"""Servers that several folders of tests need; each starts when it is first asked for."""

from collections.abc import Iterator
from uuid import uuid4

import boto3
import httpx
import pytest
from s3fs import S3FileSystem

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


@pytest.fixture
def s3_bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URI of an empty bucket, the environment set for it."""
    for name, value in servers.aws(s3_server).items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()
    httpx.post(f"{s3_server}/moto-api/reset")
    bucket = f"undertone-{uuid4().hex}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    yield f"s3://{bucket}"
    S3FileSystem.clear_instance_cache()
