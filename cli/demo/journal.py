"""What a demo has done so far, so that a killed one goes on where it was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from undertone.files import write_json

Result = dict[str, Any]


class Journal:
    """The results of finished steps, in a file.

    Args:
        path: the JSON file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: dict[str, Result] = {}
        if path.is_file():
            self._done = json.loads(path.read_text(encoding="utf-8"))

    def __contains__(self, step: str) -> bool:
        return step in self._done

    def __getitem__(self, step: str) -> Result:
        return self._done[step]

    def once(self, step: str, do: Callable[[], Result]) -> Result:
        """The result of a step: the kept one if it was done before, else by doing it now."""
        if step not in self._done:
            self._done[step] = do()
            write_json(self._path, self._done)
        return self._done[step]
