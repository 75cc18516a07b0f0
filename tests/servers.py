"""Real servers for tests, each in a process and a folder of its own: PostgreSQL and S3."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

PASSWORD = "in-the-tests"
QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server: trusting on its socket, asking for the password on the loopback."""

    folder: Path
    port: int

    def url(self, name: str) -> str:
        """Of a database, by the socket."""
        return f"postgresql+psycopg://undertone@/{name}?host={self.folder}&port={self.port}"

    def url_with(self, password: str, name: str = "postgres") -> str:
        """Of a database, by the loopback."""
        return f"postgresql+psycopg://undertone:{password}@127.0.0.1:{self.port}/{name}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """A fresh database's URL."""
        name = f"t{uuid4().hex}"
        self._tell(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self._tell(f"DROP DATABASE {name} WITH (FORCE)")

    def start(self) -> None:
        """Begin to answer."""
        settings = [f"-c {one}" for one in QUICK]
        settings += [f"-p {self.port}", f"-k {self.folder}", "-h 127.0.0.1"]
        _as_server(
            *(_program("pg_ctl"), "start", "-w", "-D", self.folder / "data"),
            *("-l", self.folder / "log", "-o", " ".join(settings)),
        )

    def stop(self) -> None:
        """Hang up on everybody and end."""
        _as_server(_program("pg_ctl"), "stop", "-D", self.folder / "data", "-m", "fast")

    def _tell(self, statement: str) -> None:
        told = {"host": str(self.folder), "port": self.port, "user": "undertone"}
        with psycopg.connect(**told, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgresql() -> Iterator[Postgres]:
    """A server of Debian's package, which root must not run."""
    folder = Path(tempfile.mkdtemp(prefix="undertone-postgresql-"))
    server = Postgres(folder, free_port())
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD)
    if os.geteuid() == 0:
        for path in (folder, secret):
            shutil.chown(path, "postgres")
    try:
        _as_server(
            *(_program("initdb"), "-D", data, "-U", "undertone", "--pwfile", secret),
            *("--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", "-E", "UTF8"),
        )
        server.start()
        yield server
    finally:
        if (data / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder)


def _program(name: str) -> str:
    found = [*Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), shutil.which(name)]
    assert found[0], f"{name} is missing: make postgres"
    return str(found[0])


def _as_server(*command: object) -> None:
    user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    done = subprocess.run(
        [str(part) for part in command],
        **(user if os.geteuid() == 0 else {}),
        cwd="/",
        stdout=subprocess.DEVNULL,  # a server that it starts would hold a pipe open
        stderr=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{command[0]} failed"


@contextmanager
def s3() -> Iterator[str]:
    """An S3 server's address."""
    port = free_port()
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "moto.server",
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def aws(address: str) -> dict[str, str]:
    """The environment in which that server is S3."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": PASSWORD,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@retry(stop=stop_after_delay(60), wait=wait_fixed(0.1), retry=retry_if_exception_type(OSError))
def _wait_for(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=1).close()


def free_port() -> int:
    """A port of the loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
