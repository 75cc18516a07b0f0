"""Commands of the examples, run as a reader would run them, and pictures of what they print."""

import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[2]
WIDTH = 104
WITHOUT_FONTS = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


class Terminal:
    """A terminal in a folder of its own.

    Args:
        folder: where the commands run.
        url: of the service that they ask.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self._url = url
        self._console = Console(
            record=True, width=WIDTH, file=io.StringIO(), highlight=False, force_terminal=True
        )

    def run(self, command: str, *, fails: bool = False, **variables: str) -> str:
        """What a command printed, without its colours."""
        mine = {
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
            "UNDERTONE_URL": self._url,
            "COLUMNS": str(WIDTH),
            "FORCE_COLOR": "1",
            "TERM": "xterm-256color",
        }
        done = subprocess.run(
            [sys.executable, *shlex.split(command)[1:]],
            env=os.environ | mine | variables,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert bool(done.returncode) == fails, done.stdout
        printed = Text.from_ansi(done.stdout)
        self._console.print(f"$ {command}", style="bold", markup=False)
        self._console.print(printed)
        return printed.plain

    def draw(self, path: Path) -> None:
        """Write what the terminal shows as SVG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._console.save_svg(
            str(path), title=path.stem, unique_id=path.stem, code_format=WITHOUT_FONTS
        )
