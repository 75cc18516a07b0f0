import csv
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from undertone.config import CorpusParams
from undertone.corpora.adapters import ADAPTERS, find_adapter
from undertone.corpora.base import Item, Reject, SourceUtterance
from undertone.errors import CorpusError

DATA = os.environ.get("UNDERTONE_TEST_DATA")


def read(name: str, path: Path) -> list[Item]:
    return list(find_adapter(name)(CorpusParams(name=name, path=str(path))))


def utterances(items: list[Item]) -> list[SourceUtterance]:
    return [item for item in items if isinstance(item, SourceUtterance)]


def rejects(items: list[Item]) -> list[Reject]:
    return [item for item in items if isinstance(item, Reject)]


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def write_lines(path: Path, *lines: str) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_unknown_corpora_are_answered_with_the_known() -> None:
    with pytest.raises(CorpusError, match=r"no corpus 'iemocap'.*Known: emodb, folder, generated"):
        find_adapter("iemocap")


@pytest.mark.parametrize("name", sorted(set(ADAPTERS) - {"generated"}))
def test_corpora_on_disk_need_their_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"set corpus\.path"):
        find_adapter(name)(CorpusParams(name=name))
    with pytest.raises(CorpusError, match="does not exist"):
        read(name, tmp_path / "none")


@pytest.mark.parametrize("name", ["emodb", "folder", "ravdess"])
def test_folders_without_audio(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no audio files"):
        read(name, touch(tmp_path, "readme.txt"))


@pytest.mark.parametrize("place", ["{}.flac", "wav/{}.wav", "wav/{}.WAV"])
def test_emodb_file_names_tell_all(tmp_path: Path, place: str) -> None:
    touch(tmp_path, place.format("16b10Wb"), "erkennung.txt", "lablaut/16b10Wb.lablaut")
    (item,) = utterances(read("emodb", tmp_path))
    assert item.utterance_id == "emodb-16b10Wb"
    assert (item.speaker_id, item.emotion, item.language) == ("emodb-16", "anger", "de")
    assert item.text == "Die wird auf dem Platz sein, wo wir sie immer hinlegen."


@pytest.mark.parametrize(
    ("letter", "emotion"),
    [
        ("W", "anger"),
        ("L", "boredom"),
        ("E", "disgust"),
        ("A", "fear"),
        ("F", "happiness"),
        ("T", "sadness"),
        ("N", "neutral"),
    ],
)
def test_emodb_letters(tmp_path: Path, letter: str, emotion: str) -> None:
    (item,) = utterances(read("emodb", touch(tmp_path, f"03a01{letter}a.wav")))
    assert item.emotion == emotion


@pytest.mark.parametrize("name", ["3a01Fa", "03a01Xa", "03a99Fa", "03a01Fabc", "angry"])
def test_emodb_wrong_names_are_rejects(tmp_path: Path, name: str) -> None:
    (reject,) = rejects(read("emodb", touch(tmp_path, f"{name}.wav")))
    assert reject.place.endswith(f"{name}.wav")
    assert "such as 03a01Fa" in reject.reason


def test_emodb_sentences_can_come_with_the_folder(tmp_path: Path) -> None:
    touch(tmp_path, "03a01Fa.wav", "03b99Fa.wav")
    write_lines(tmp_path / "transcripts.csv", "code,text", "a01,Other.", "b99,New.")
    assert [item.text for item in utterances(read("emodb", tmp_path))] == ["Other.", "New."]


@pytest.mark.parametrize("folder", ["Actor_12", "Audio_Speech_Actors_01-24/Actor_12"])
def test_ravdess_file_names_tell_all(tmp_path: Path, folder: str) -> None:
    touch(tmp_path, f"{folder}/03-01-08-02-02-01-12.wav")
    (item,) = utterances(read("ravdess", tmp_path))
    assert item.utterance_id == "ravdess-03-01-08-02-02-01-12"
    assert (item.speaker_id, item.emotion, item.language) == ("ravdess-12", "surprise", "en")
    assert item.text == "Dogs are sitting by the door."


def test_ravdess_wrong_names_and_songs_are_rejects(tmp_path: Path) -> None:
    touch(tmp_path, "Actor_01/03-01-09-01-01-01-01.wav", "Actor_01/03-02-01-01-01-01-01.wav")
    wrong, song = rejects(read("ravdess", tmp_path))
    assert "such as 03-01-05-02-01-01-12" in wrong.reason
    assert "song" in song.reason


def test_hidden_files_are_passed_over_and_links_followed(tmp_path: Path) -> None:
    actor = touch(tmp_path / "elsewhere", "03-01-01-01-01-01-03.wav")
    corpus = touch(tmp_path / "corpus", "._03-01-01-01-01-01-04.wav")
    (corpus / "Actor_03").symlink_to(actor)
    (item,) = read("ravdess", corpus)
    assert isinstance(item, SourceUtterance)


MELD_HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season"


def meld(folder: Path, *train: str) -> Path:
    for split in ("dev", "test"):
        write_lines(folder / f"{split}_sent_emo.csv", MELD_HEAD, "1,No.,Ross,neutral,neutral,0,0,1")
    write_lines(folder / "train_sent_emo.csv", MELD_HEAD, *train)
    return folder


def test_meld_keeps_splits_dialogues_and_folds_typography(tmp_path: Path) -> None:
    line = "1,\u201cDon\u2019t\u2014\u201d he said\u2026,Joey,joy,positive,7,2,1"
    first, other, third = utterances(read("meld", meld(tmp_path, line)))
    assert first.utterance_id == "meld-train-7-2"
    assert (first.speaker_id, first.emotion, first.split) == ("meld-Joey", "happiness", "train")
    assert first.text == '"Don\'t-" he said...'
    assert (other.split, third.split) == ("validation", "test")


def test_meld_tells_what_was_said_before_in_the_dialogue(tmp_path: Path) -> None:
    turns = ("1,Hm?,Joey,neutral,neutral,7,0,1", "2,No!,Ross,anger,negative,7,1,1")
    folder = meld(
        tmp_path, *turns, "3,Oh.,Joey,fear,negative,7,2,1", "4,Hi,Ross,joy,positive,8,0,1"
    )
    told = [item.context for item in utterances(read("meld", folder))]
    assert told == [None, "Joey: Hm?", "Joey: Hm?\nRoss: No!", None, None, None]

    params = CorpusParams(name="meld", path=str(folder), context_characters=4)
    cut = [item.context for item in utterances(list(find_adapter("meld")(params)))]
    assert cut[:4] == [None, "Hm?", "No!", None]


def test_meld_mistakes(tmp_path: Path) -> None:
    (reject,) = rejects(read("meld", meld(tmp_path, "1,No.,Ross,rage,negative,0,0,1")))
    assert (reject.place, reject.reason[:14]) == ("train_sent_emo.csv:2", "Emotion: 'rage")
    write_lines(tmp_path / "dev_sent_emo.csv", "Utterance,Speaker", "No.,Ross")
    with pytest.raises(CorpusError, match="lacks the columns Dialogue_ID, Emotion, Utterance_ID"):
        read("meld", tmp_path)
    (tmp_path / "dev_sent_emo.csv").unlink()
    with pytest.raises(CorpusError, match=r"dev_sent_emo\.csv is missing"):
        read("meld", tmp_path)


def goemotions(folder: Path, *train: str) -> Path:
    write_lines(folder / "emotions.txt", "admiration", "annoyance", "anger", "realization")
    for name in ("dev.tsv", "test.tsv"):
        (folder / name).touch()
    write_lines(folder / "train.tsv", *train)
    return folder


def test_goemotions_are_gathered_to_ekmans(tmp_path: Path) -> None:
    items = read("goemotions", goemotions(tmp_path, 'He said "no\t1,2\tc1', "Nice\t0\tc2"))
    anger, happiness = utterances(items)
    assert (anger.emotion, happiness.emotion) == ("anger", "happiness")
    assert (anger.utterance_id, anger.split, anger.text) == (
        "goemotions-c1",
        "train",
        'He said "no',
    )
    assert anger.speaker_id == anger.utterance_id


def test_goemotions_mistakes(tmp_path: Path) -> None:
    folder = goemotions(tmp_path, "Hm\t0,3\tc1", "no tabs", "Hm\t9\tc2", "Hm\tx\tc3", "Hm\t-1\tc4")
    several, *malformed = rejects(read("goemotions", folder))
    assert (several.place, several.reason) == (
        "train.tsv:1",
        "several emotions at once: happiness, surprise",
    )
    assert ["split by tabs" in reject.reason for reject in malformed] == [True] * 4
    (folder / "emotions.txt").write_text("angst\n")
    with pytest.raises(CorpusError, match="angst"):
        read("goemotions", folder)
    (folder / "emotions.txt").unlink()
    with pytest.raises(CorpusError, match=r"neither emotions\.txt nor labels\.txt"):
        read("goemotions", folder)


ROWS: list[dict[str, Any]] = [
    {"path": "a/1.wav", "speaker_id": "7", "emotion": "anger", "text": None, "valence": 0.5},
    {"path": None, "speaker_id": "8", "emotion": "fear", "text": "NA", "valence": None},
]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_of_any_kind(tmp_path: Path, suffix: str) -> None:
    table = tmp_path / f"calls{suffix}"
    frame = pd.DataFrame(ROWS).assign(note="ignored")
    frame.to_csv(table, index=False) if suffix == ".csv" else frame.to_parquet(table)
    sound, text = utterances(read("table", table))
    assert (sound.utterance_id, sound.source) == ("a_1", tmp_path / "a/1.wav")
    assert (sound.speaker_id, sound.valence, sound.text) == ("7", 0.5, None)
    assert (text.utterance_id, text.text, text.source) == ("calls-2", "NA", None)
    assert (text.corpus, text.language, text.valence) == ("calls", "und", None)


def test_table_mistakes(tmp_path: Path) -> None:
    table = tmp_path / "calls.csv"
    write_lines(table, "speaker,emotion", "s,anger")
    with pytest.raises(CorpusError, match="lacks the columns speaker_id"):
        read("table", table)
    write_lines(table, "speaker_id,emotion", "s,anger")
    with pytest.raises(CorpusError, match="lacks the columns path or text"):
        read("table", table)
    write_lines(table, "speaker_id,emotion,text,arousal", "s,anger,Hm,high")
    (reject,) = rejects(read("table", table))
    assert (reject.place, reject.reason) == ("calls.csv, row 1", "arousal: 'high' is not a number")
    table.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorpusError, match="not a CSV or Parquet table"):
        read("table", table)


@pytest.mark.skipif(not DATA, reason="UNDERTONE_TEST_DATA not set")
@pytest.mark.parametrize(
    ("name", "folder", "count", "refused"),
    [("meld", "meld-text", 13_708, 0), ("goemotions", "goemotions-text", 49_469, 4_794)],
)
def test_text_corpora_as_published(name: str, folder: str, count: int, refused: int) -> None:
    items = read(name, Path(str(DATA), folder))
    assert (len(utterances(items)), len(rejects(items))) == (count, refused)


@pytest.mark.skipif(not DATA, reason="UNDERTONE_TEST_DATA not set")
def test_the_ten_sentences_are_those_of_the_distribution(tmp_path: Path) -> None:
    with Path(str(DATA), "emodb", "transcripts.csv").open(encoding="utf-8") as file:
        told = {row["code"]: row["text"] for row in csv.DictReader(file)}
    touch(tmp_path, *(f"03{code}Na.wav" for code in told))
    known = {item.utterance_id[8:11]: item.text for item in utterances(read("emodb", tmp_path))}
    assert known == told
