"""Where a corpus stands on disk."""

import os
import re
from pathlib import Path

from undertone.config import CorpusParams
from undertone.errors import CorpusError
from undertone.remote import is_remote, mirror

AUDIO_SUFFIXES = frozenset(
    {".aac", ".aiff", ".amr", ".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav", ".webm"}
)


def source_of(params: CorpusParams) -> Path:
    """The folder or file that `corpus.path` names; a copy of it where that is a URI.

    Raises:
        CorpusError: it names none, or one that is not there.
        RemoteError: nothing is at the URI, or it cannot be read.
    """
    if params.path is None:
        raise CorpusError(
            f"Corpus '{params.name}' is read from disk: set corpus.path to where it stands."
        )
    if is_remote(params.path):
        return mirror(params.path)
    path = Path(params.path).expanduser()
    if not path.exists():
        raise CorpusError(f"{path} (corpus.path of '{params.name}') does not exist.")
    return path


def id_of(place: str) -> str:
    """An utterance's id, made of where it stands in its corpus."""
    return re.sub(r"[^\w.-]+", "_", place)


def audio_files(folder: Path) -> list[Path]:
    """Every file under a folder that is audio by its suffix, sorted; links are followed.

    Raises:
        CorpusError: there is none.
    """
    files = sorted(
        Path(parent, name)
        for parent, _, names in os.walk(folder, followlinks=True)
        for name in names
        if Path(name).suffix.lower() in AUDIO_SUFFIXES and not name.startswith(".")
    )
    if not files:
        raise CorpusError(f"{folder} holds no audio files.")
    return files
