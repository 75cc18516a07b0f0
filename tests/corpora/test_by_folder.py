from pathlib import Path

from undertone.config import CorpusParams
from undertone.corpora.base import Reject, SourceUtterance
from undertone.corpora.by_folder import read_by_folder


def read(folder: Path, *names: str) -> list[SourceUtterance | Reject]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return read_by_folder(CorpusParams(name="folder", path=str(folder)))


def told(items: list[SourceUtterance | Reject]) -> list[tuple[str, str, str]]:
    assert all(isinstance(item, SourceUtterance) for item in items)
    return [(one.utterance_id, one.speaker_id, one.emotion) for one in items]  # type: ignore[union-attr]


def test_clips_of_one_speaker(tmp_path: Path) -> None:
    mine = tmp_path / "anna"
    assert told(read(mine, "anger/first take.wav", "Sadness/1.flac")) == [
        ("Sadness_1", "anna", "sadness"),
        ("anger_first_take", "anna", "anger"),
    ]


def test_clips_of_several_speakers(tmp_path: Path) -> None:
    assert told(read(tmp_path, "anna/anger/1.wav", "team/ben/fear/1.wav")) == [
        ("anna_anger_1", "anna", "anger"),
        ("team_ben_fear_1", "team/ben", "fear"),
    ]


def test_a_folder_that_is_no_emotion_is_refused(tmp_path: Path) -> None:
    items = read(tmp_path, "anna/rage/1.wav", "1.wav")
    assert all(isinstance(item, Reject) for item in items)
    reasons = {
        Path(item.place).parent.name: item.reason for item in items if isinstance(item, Reject)
    }
    assert reasons["rage"].startswith("it lies in 'rage', not in a folder named anger, boredom")
