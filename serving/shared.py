"""Registered models on an object store, shared by all machines of an installation."""

import shutil
import tempfile
from pathlib import Path

from serving.signing import FILE
from undertone import remote
from undertone.files import replacing

MODEL = "model.yaml"  # BentoML's description


class Shared:
    """Copies of registered models under a URI, each published whole.

    Args:
        root: the URI.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    def uri(self, tag: str) -> str:
        """Where a model is."""
        return f"{self._root}/{tag.replace(':', '/')}"

    def tags(self, name: str) -> list[str]:
        """The models of a name.

        Raises:
            RemoteError: the object store does not answer.
        """
        return [f"{name}:{version}" for version in remote.published(f"{self._root}/{name}")]

    def has(self, tag: str) -> bool:
        """Whether a model is there.

        Raises:
            RemoteError: the object store does not answer.
        """
        return remote.is_published(self.uri(tag))

    def description(self, tag: str) -> str:
        """What BentoML wrote of a model that is there (YAML).

        Raises:
            RemoteError: the object store does not answer.
        """
        return (remote.read(f"{self.uri(tag)}/{MODEL}") or b"").decode()

    def push(self, tag: str, folder: Path) -> None:
        """Publish a model's folder; one that is there already stays.

        Raises:
            RemoteError: the object store does not take it.
        """
        if not self.has(tag):
            remote.publish(folder, self.uri(tag))

    def pull(self, tag: str, aside: Path) -> Path:
        """Fetch a model into a new folder under `aside`, its files verified.

        Raises:
            RemoteError: it is not there as it was published.
        """
        aside.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=aside))
        try:
            remote.fetch(self.uri(tag), folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder

    def remove(self, tag: str) -> None:
        """Take a model away.

        Raises:
            RemoteError: the object store does not answer.
        """
        remote.withdraw(self.uri(tag))

    def push_decision(self, tag: str, folder: Path) -> None:
        """Publish the decision on a model, which comes after the model.

        Raises:
            RemoteError: the object store does not take it.
        """
        remote.write(f"{self.uri(tag)}/{FILE}", (folder / FILE).read_bytes())

    def pull_decision(self, tag: str, folder: Path) -> None:
        """Fetch the decision on a model, if there is one.

        Raises:
            RemoteError: the object store does not answer.
        """
        if said := remote.read(f"{self.uri(tag)}/{FILE}"):
            with replacing(folder / FILE) as aside:
                aside.write_bytes(said)
