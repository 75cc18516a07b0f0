import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from undertone.audio import decode
from undertone.config import AudioParams, Params, load_params
from undertone.corpora import IngestReport, ingest
from undertone.errors import CorpusError
from undertone.manifest import data_revision, read_manifest, validate_rows
from undertone.splits import split_hash

DATA = os.environ.get("UNDERTONE_TEST_DATA")
RATE = 16_000


def noise(seed: int, seconds: float = 0.5, rate: int = RATE) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * rate))


def params(name: str, path: Path, *overrides: str) -> Params:
    return load_params(overrides=[f"corpus.name={name}", f"corpus.path={path}", *overrides])


def reasons(folder: Path) -> dict[str, str]:
    with folder.open(encoding="utf-8", newline="") as file:
        return {Path(row["place"]).name: row["reason"] for row in csv.DictReader(file)}


@pytest.fixture
def emodb(tmp_path: Path) -> Path:
    """Four speakers of two emotions each, and one file of every kind that is refused."""
    folder = tmp_path / "emodb" / "wav"
    folder.mkdir(parents=True)
    for number, speaker in enumerate(("03", "08", "09", "10")):
        soundfile.write(folder / f"{speaker}a01Fa.wav", noise(2 * number, rate=48_000), 48_000)
        soundfile.write(folder / f"{speaker}a01Wa.wav", noise(2 * number + 1), RATE)
    bad = {
        "03a02Fa.wav": np.zeros(RATE),
        "03a02Wa.wav": noise(20) * 100,
        "08a02Fa.wav": noise(21, 0.05),
        "08a02Wa.wav": np.tile(noise(22)[:, None], 8),
        "09a02Fa.wav": noise(3),
        "wrong.wav": noise(24),
    }
    for name, samples in bad.items():
        soundfile.write(folder / name, samples, RATE)
    (folder / "09a02Wa.wav").write_bytes(b"")
    (folder / "10a02Fa.wav").write_bytes(b"no audio at all" * 99)
    (folder / "10a02Wa.wav").write_bytes((folder / "10a01Wa.wav").read_bytes()[:-4000])
    return folder.parent


REASONS = {
    "03a02Fa.wav": "silent",
    "03a02Wa.wav": "clipped",
    "08a02Fa.wav": "too short",
    "08a02Wa.wav": "8 channels",
    "09a02Fa.wav": "duplicate: the same audio as emodb-08a01Wa",
    "wrong.wav": "not an EmoDB file name",
    "09a02Wa.wav": "empty",
    "10a02Fa.wav": "not audio",
    "10a02Wa.wav": "truncated",
}


def test_a_corpus_folder_holds_what_was_taken_and_why_the_rest_was_not(
    emodb: Path, tmp_path: Path
) -> None:
    out = tmp_path / "corpus"
    report = ingest(params("emodb", emodb), out)
    assert (report.utterances, report.rejects) == (8, 9)

    told = reasons(out / "rejects.csv")
    assert told.keys() == REASONS.keys()
    assert all(REASONS[name] in told[name] for name in REASONS), told

    frame = read_manifest(out)
    good, refused = validate_rows(frame, out)
    assert (len(good), refused) == (8, [])
    assert set(frame["split"]) == {"train", "validation", "test"}
    assert sorted(path.name for path in (out / "audio").iterdir()) == sorted(
        f"{name}.flac" for name in frame["utterance_id"]
    )
    assert sorted(frame["sample_rate"].unique()) == [16_000, 48_000]

    info = json.loads((out / "corpus.json").read_text())
    assert info["data_revision"] == report.data_revision == data_revision(frame)
    assert info["split_hash"] == report.split_hash == split_hash(frame)
    assert info["by_emotion"] == {"anger": 4, "happiness": 4}
    assert sum(info["by_split"].values()) == 8
    assert info["seconds"] == pytest.approx(4.0, abs=0.01)


def test_the_audio_of_a_corpus_folder_is_16_khz_mono_pcm16(emodb: Path, tmp_path: Path) -> None:
    ingest(params("emodb", emodb), tmp_path / "corpus")
    for path in (tmp_path / "corpus" / "audio").iterdir():
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (RATE, 1, "PCM_16")
    original, _ = soundfile.read(emodb / "wav" / "03a01Wa.wav", dtype="float32")
    taken = decode(tmp_path / "corpus" / "audio" / "emodb-03a01Wa.flac", AudioParams())
    assert np.array_equal(taken.samples, original)


def test_the_same_corpus_gives_the_same_report(emodb: Path, tmp_path: Path) -> None:
    first = ingest(params("emodb", emodb), tmp_path / "corpus")
    assert ingest(params("emodb", emodb), tmp_path / "corpus") == first
    (emodb / "wav" / "10a01Wa.wav").unlink()
    assert ingest(params("emodb", emodb), tmp_path / "corpus").data_revision != first.data_revision


def test_when_all_is_refused_the_reasons_stay(tmp_path: Path) -> None:
    folder = tmp_path / "emodb"
    folder.mkdir()
    (folder / "a.wav").touch()
    with pytest.raises(CorpusError, match=r"corpus-rejects\.csv says why"):
        ingest(params("emodb", folder), tmp_path / "corpus")
    assert "not an EmoDB file name" in reasons(tmp_path / "corpus-rejects.csv")["a.wav"]
    assert not (tmp_path / "corpus").exists()


def test_a_failure_leaves_no_half_corpus(emodb: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "corpus"
    with pytest.raises(CorpusError, match="no official splits"):
        ingest(params("emodb", emodb, "split.protocol=official"), out)
    assert list(out.parent.iterdir()) == []


def test_a_folder_of_something_else_is_not_replaced(emodb: Path, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").touch()
    with pytest.raises(CorpusError, match="choose another folder"):
        ingest(params("emodb", emodb), tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").exists()


def test_a_table_with_speech_text_and_faces(tmp_path: Path) -> None:
    (tmp_path / "face.png").write_bytes(b"png")
    lines = ["utterance_id,path,speaker_id,emotion,text,image_path,split"]
    for number, split in enumerate(("train", "validation", "test")):
        soundfile.write(tmp_path / f"{number}.wav", noise(number), RATE)
        lines.append(f"u{number},{number}.wav,s{number},fear,,face.png,{split}")
    lines += [
        "t1,,s9,fear,only words,,train",
        "t2,,s9,fear,,,train",
        "t3,,,rage,whose?,,dev",
        "t1,,s9,fear,again,,train",
        "../t4,,s9,fear,up,,train",
        "t5,none.wav,s9,fear,,,train",
        "t6,,s9,fear,no face,none.png,train",
    ]
    (tmp_path / "calls.csv").write_text("\n".join(lines))
    out = tmp_path / "corpus"
    report = ingest(params("table", tmp_path / "calls.csv", "split.protocol=official"), out)

    frame = read_manifest(out).set_index("utterance_id")
    assert list(frame.index) == ["u0", "u1", "u2", "t1"]
    assert frame.loc["u0", "image_path"] == "images/u0.png"
    assert (out / "images" / "u0.png").read_bytes() == b"png"
    assert frame.loc["t1", "path"] is None
    assert list(frame["split"]) == ["train", "validation", "test", "train"]

    assert report.rejects == 6
    told = reasons(out / "rejects.csv")
    assert told["t2"] == "path, text: neither is given"
    assert all(part in told["t3"] for part in ("speaker_id: missing", "'rage'", "'dev'"))
    assert "stands there already" in told["t1"]
    assert "may hold letters" in told["t4"]
    assert "No such file" in told["none.wav"]
    assert "none.png" in told["t6"]
    assert not list(out.parent.glob("t4*"))


@pytest.mark.skipif(not DATA, reason="UNDERTONE_TEST_DATA not set")
def test_emodb_as_published(tmp_path: Path) -> None:
    report = ingest(params("emodb", Path(str(DATA), "emodb")), tmp_path / "corpus")
    assert (report.utterances, report.rejects) == (535, 0)
    assert report.seconds == pytest.approx(1487.1, abs=0.1)
    assert read_manifest(tmp_path / "corpus")["speaker_id"].nunique() == 10


@pytest.mark.skipif(not DATA, reason="UNDERTONE_TEST_DATA not set")
def test_the_duplicate_of_ravdess_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "ravdess"
    folder.mkdir()
    for actor in ("Actor_05", "Actor_07", "Actor_08"):
        (folder / actor).symlink_to(Path(str(DATA), "ravdess", actor))
    report: IngestReport = ingest(params("ravdess", folder), tmp_path / "corpus")
    assert (report.utterances, report.rejects) == (179, 1)
    (reason,) = reasons(tmp_path / "corpus" / "rejects.csv").values()
    assert reason == "duplicate: the same audio as ravdess-03-01-03-01-02-01-07"
