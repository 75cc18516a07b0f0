import json
import os
from pathlib import Path

import pytest

from undertone.files import replacing, replacing_folder, sha256_of_file, write_json, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "note.txt"
    with replacing(target) as aside:
        aside.write_text("half")
        assert not target.exists()
        assert aside.suffix == ".txt"
    assert target.read_text() == "half"
    assert names(target.parent) == ["note.txt"]


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "note.txt"
    write_text(target, "old")
    with pytest.raises(RuntimeError), replacing(target) as aside:
        aside.write_text("new")
        raise RuntimeError
    assert target.read_text() == "old"
    assert names(tmp_path) == ["note.txt"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "corpus"
    for content in ("first", "second"):
        with replacing_folder(target) as aside:
            (aside / "deep").mkdir()
            (aside / "deep" / content).write_text(content)
    assert names(target / "deep") == ["second"]
    assert names(tmp_path) == ["corpus"]


def test_a_failure_leaves_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "corpus"
    with replacing_folder(target) as aside:
        (aside / "old").touch()
    with pytest.raises(RuntimeError), replacing_folder(target) as aside:
        (aside / "new").touch()
        raise RuntimeError
    assert names(target) == ["old"]
    assert names(tmp_path) == ["corpus"]


def test_a_failed_rename_puts_the_old_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "corpus"
    with replacing_folder(target) as aside:
        (aside / "old").touch()
    rename = Path.rename

    def failing(self: Path, new: Path) -> Path:
        if (self / "new").exists():
            raise OSError("disk trouble")
        return rename(self, new)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="disk trouble"), replacing_folder(target) as aside:
        (aside / "new").touch()
    assert names(target) == ["old"]
    assert names(tmp_path) == ["corpus"]


def test_files_and_folders_can_be_read_by_others(tmp_path: Path) -> None:
    write_text(tmp_path / "note.txt", "")
    with replacing_folder(tmp_path / "corpus"):
        pass
    assert (tmp_path / "note.txt").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "corpus").stat().st_mode & 0o777 == 0o755


def test_json_is_sorted_and_readable(tmp_path: Path) -> None:
    write_json(tmp_path / "info.json", {"b": 1, "a": "Tüten"})
    text = (tmp_path / "info.json").read_text(encoding="utf-8")
    assert text == '{\n  "a": "Tüten",\n  "b": 1\n}\n'
    assert json.loads(text) == {"a": "Tüten", "b": 1}


def test_sha256_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert sha256_of_file(path).startswith("ba7816bf8f01cfea")
    path.write_bytes(os.urandom(3 << 20))
    assert len(sha256_of_file(path)) == 64
