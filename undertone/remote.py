"""Folders at fsspec URIs (`s3://bucket/prefix`): published whole, fetched verified.

A published folder has a list of its files with their SHA-256, which is written last and read
first: what was uploaded by half is not there, and what was changed since is refused.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from undertone.config import home
from undertone.errors import RemoteError, UndertoneError
from undertone.files import replacing, replacing_folder, sha256_of_file

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

LIST = "published.json"
PIECE_BYTES = 8 << 20
PATIENCE = {"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 3}}
OPTIONS: dict[str, dict[str, Any]] = {
    "file": {"auto_mkdir": True},
    "s3": {"config_kwargs": PATIENCE, "use_listings_cache": False},
}


def is_remote(place: str) -> bool:
    """Whether this is a URI and no path."""
    return "://" in place


def uri_of(place: str) -> str:
    """A URI as it is, a path as the URI of one."""
    return place if is_remote(place) else f"file://{Path(place).expanduser().resolve()}"


def publish(folder: Path, uri: str) -> None:
    """Put a folder at a URI, where it is seen once it is whole. What is there stays.

    Raises:
        RemoteError: the URI cannot be written, or another folder was published there.
    """
    listed = _listing(folder)
    with _opened(uri) as (files, root):
        known = _read(files, f"{root}/{LIST}")
        if known not in (None, listed):
            raise RemoteError(f"Another folder was published at {uri} already.")
        if known is None:
            for name in json.loads(listed):
                files.put_file(str(folder / name), f"{root}/{name}")
            files.pipe_file(f"{root}/{LIST}", listed)


def deposit(folder: Path, root: str) -> str:
    """Publish a folder under a name that its contents make.

    Returns:
        Its URI.
    """
    uri = f"{root}/{hashlib.sha256(_listing(folder)).hexdigest()[:32]}"
    publish(folder, uri)
    return uri


def fetch(uri: str, folder: Path) -> None:
    """Bring a published folder here, whole or not at all.

    Args:
        uri: where it was published; `#NAME` at its end asks for the folder NAME in it.
        folder: where to; one that stands there is replaced.

    Raises:
        RemoteError: it is not there as it was published, or cannot be read.
    """
    uri, _, part = uri.partition("#")
    with _opened(uri) as (files, root), replacing_folder(folder) as aside:
        for name, digest in _published(files, root, uri).items():
            if PurePosixPath(name).is_relative_to(part):
                target = aside / PurePosixPath(name).relative_to(part)
                target.parent.mkdir(parents=True, exist_ok=True)
                files.get_file(f"{root}/{name}", str(target))
                if sha256_of_file(target) != digest:
                    raise RemoteError(f"{uri}/{name} is not what was published: publish it anew.")


def at_hand(uri: str, folder: Path) -> Path:
    """The folder that a path or URI names, fetched to `folder` unless it stands here or there.

    Raises:
        RemoteError: see `fetch`.
    """
    if not is_remote(uri):
        return Path(uri)
    if not folder.exists():
        fetch(uri, folder)
    return folder


def mirror(uri: str) -> Path:
    """A copy of a folder that anybody put at a URI, as it is now; copied again once it changes.

    Args:
        uri: a folder, or a file in one.

    Returns:
        The copy of the folder or file, under `home() / "mirrored"`.

    Raises:
        RemoteError: nothing is there, or it cannot be read.
    """
    with _opened(uri) as (files, root):
        folder = root if files.isdir(root) else root.rpartition("/")[0]
        found = files.find(folder, detail=True)
        if root != folder and root not in found:
            raise RemoteError(f"There is nothing at {uri}.")
        state = hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()
        here = home() / "mirrored" / state[:32]
        if not here.exists():
            with replacing_folder(here) as aside:
                for name in found:
                    target = aside / _inside(name.removeprefix(f"{folder}/"), uri)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    files.get_file(name, str(target))
        return here / root.removeprefix(folder).strip("/")


def published(root: str) -> list[str]:
    """Names of the folders that were published under a URI.

    Raises:
        RemoteError: the URI cannot be read.
    """
    with _opened(root) as (files, path):
        found = files.glob(f"{path}/*/{LIST}")
        if not found:
            _require_bucket(files, path)
    return [PurePosixPath(name).parent.name for name in found]


def is_published(uri: str) -> bool:
    """Whether a whole folder is there.

    Raises:
        RemoteError: the URI cannot be read.
    """
    return read(f"{uri}/{LIST}") is not None


def withdraw(uri: str) -> None:
    """Take a published folder away; from the first moment on nobody sees it.

    Raises:
        RemoteError: the URI cannot be written.
    """
    with _opened(uri) as (files, root):
        for path in (f"{root}/{LIST}", root):
            if files.exists(path):
                files.rm(path, recursive=path == root)


def read(uri: str) -> bytes | None:
    """A file's contents, None where there is no such file.

    Raises:
        RemoteError: the URI cannot be read.
    """
    with _opened(uri) as (files, path):
        return _read(files, path)


def chunks(uri: str) -> Iterator[bytes]:
    """A file's contents, some at a time.

    Raises:
        RemoteError: it is missing, or cannot be read.
    """
    with _opened(uri) as (files, path):
        if not files.isfile(path):
            raise RemoteError(f"There is nothing at {uri}.")
        with files.open(path, "rb", cache_type="none") as file:
            while chunk := file.read(PIECE_BYTES):
                yield chunk


@contextmanager
def placing(uri: str) -> Iterator[Path]:
    """Yield a file to write, which is put at a URI when the block succeeds, whole or not at all.

    Raises:
        RemoteError: the URI cannot be written.
    """
    with _opened(uri) as (files, path):
        if "file" in files.protocol:
            with replacing(Path(path)) as aside:
                yield aside
        else:
            with TemporaryDirectory() as scratch:
                file = Path(scratch) / PurePosixPath(path).name
                yield file
                files.put_file(str(file), path)


def write(uri: str, contents: bytes) -> None:
    """Write a file.

    Raises:
        RemoteError: the URI cannot be written.
    """
    with _opened(uri) as (files, path):
        files.pipe_file(path, contents)


@contextmanager
def _opened(uri: str) -> "Iterator[tuple[AbstractFileSystem, str]]":
    from fsspec.core import url_to_fs

    try:
        files, path = url_to_fs(uri, **OPTIONS.get(uri.partition("://")[0], {}))
        yield files, path.rstrip("/")
    except UndertoneError:
        raise
    except ImportError as error:
        raise RemoteError(f"{uri} needs a package (s3:// undertone[s3]): {error}.") from error
    except Exception as error:  # each file system raises kinds of its own
        said = str(error).strip() or type(error).__name__
        raise RemoteError(f"{uri} cannot be read or written: {said}") from error


def _read(files: "AbstractFileSystem", path: str) -> bytes | None:
    try:
        contents: bytes = files.cat_file(path)
    except FileNotFoundError:
        _require_bucket(files, path)
        return None
    return contents


def _require_bucket(files: "AbstractFileSystem", path: str) -> None:
    bucket = path.partition("/")[0]
    if bucket and not files.exists(bucket):
        raise RemoteError(f"There is no bucket '{bucket}', or these credentials may not see it.")


def _listing(folder: Path) -> bytes:
    digests = {
        path.relative_to(folder).as_posix(): sha256_of_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return json.dumps(digests, indent=2, sort_keys=True).encode()


def _published(files: "AbstractFileSystem", root: str, uri: str) -> Mapping[str, str]:
    listed = _read(files, f"{root}/{LIST}")
    if listed is None:
        raise RemoteError(f"No whole folder is published at {uri}: {LIST} is missing.")
    digests: dict[str, str] = json.loads(listed)
    return {_inside(name, uri): digest for name, digest in digests.items()}


def _inside(name: str, uri: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise RemoteError(f"{uri} holds a file with a name that leads out of it: {name!r:.80}.")
    return name
