"""Clips sorted into folders that are named for their emotions."""

from pathlib import Path

from undertone.config import CorpusParams
from undertone.corpora.base import Item, Reject, SourceUtterance
from undertone.corpora.folders import audio_files, id_of, source_of
from undertone.corpora.table import UNKNOWN_LANGUAGE
from undertone.labels import EMOTIONS


def read_by_folder(params: CorpusParams) -> list[Item]:
    """The clips of `SPEAKER/EMOTION/clip.wav`, or of one speaker in `EMOTION/clip.wav`."""
    folder = source_of(params).resolve()
    return [_item(file, folder) for file in audio_files(folder)]


def _item(file: Path, folder: Path) -> Item:
    place = file.relative_to(folder)
    *speaker, emotion = place.parent.parts or ("",)
    if emotion.lower() not in EMOTIONS:
        return Reject(
            str(file), f"it lies in '{emotion}', not in a folder named {', '.join(EMOTIONS)}"
        )
    return SourceUtterance(
        utterance_id=id_of(str(place.with_suffix(""))),
        corpus=folder.name,
        speaker_id="/".join(speaker) or folder.name,
        language=UNKNOWN_LANGUAGE,
        emotion=emotion.lower(),
        source=file,
    )
