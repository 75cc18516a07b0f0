"""Many recordings through a running service."""

import csv
import json
import os

import numpy as np
import pytest
import soundfile
from serving_harness import live_service
from typer.testing import CliRunner

from cli.main import app
from undertone.audio import SAMPLE_RATE, from_pcm16
from undertone.config import GeneratedParams
from undertone.corpora.generated import generate
from undertone.errors import UndertoneError


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with live_service(tmp_path_factory.mktemp("bulk"), params="serving: {poll_seconds: 0.1}") as it:
        it.registry.promote(it.register("anger"), "first")
        it.client.wait_ready(60)
        yield it


@pytest.fixture
def folder(tmp_path):
    """Two short recordings, a long one, and one that is none."""
    folder = tmp_path / "calls"
    (folder / "more").mkdir(parents=True)
    said = [from_pcm16(one.samples).samples for one in generate(GeneratedParams(clips=6, seed=5))]
    soundfile.write(folder / "a.wav", said[0], SAMPLE_RATE)
    soundfile.write(folder / "more" / "b.flac", said[1], SAMPLE_RATE)
    pause = np.zeros(6 * SAMPLE_RATE, np.float32)
    pieces = [piece for one in said for piece in (pause, one)]
    soundfile.write(folder / "long.flac", np.concatenate(pieces), SAMPLE_RATE)
    (folder / "noise.wav").write_bytes(b"noise")
    (folder / "letter.txt").write_text("no recording")
    return folder


def predict(live, *arguments):
    return CliRunner().invoke(app, ["predict", *map(str, arguments), "--url", live.url])


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_folder_is_judged_once_and_what_is_refused_told(live, folder, tmp_path):
    out = tmp_path / "out" / "answers.jsonl"
    first = predict(live, folder, "--out", out)
    assert first.exit_code == 1, first.output
    found = {line["path"].rpartition("/")[2]: line for line in lines(out)}
    assert set(found) == {"a.wav", "b.flac", "long.flac"}
    assert found["a.wav"]["answer"]["emotion"] == "anger"
    assert found["long.flac"]["summary"]["utterances"] == len(found["long.flac"]["utterances"]) == 6
    with (out.parent / "answers-rejects.csv").open() as file:
        (reject,) = csv.DictReader(file)
    assert reject["place"].endswith("noise.wav")
    assert "cannot be decoded" in reject["reason"]

    kept = out.read_bytes()
    again = predict(live, folder, "--out", out)
    assert "0 judged" in again.stderr
    assert "3 stood there already" in again.stderr
    assert out.read_bytes() == kept


def test_it_goes_on_after_a_line_that_broke_off(live, folder, tmp_path):
    out, names = tmp_path / "answers.jsonl", tmp_path / "names.txt"
    copy = folder / os.fsdecode(b"caf\xe9.wav")
    copy.write_bytes((folder / "more" / "b.flac").read_bytes())
    names.write_bytes(b"%s\n\n%s\n" % (bytes(folder / "a.wav"), bytes(copy)))
    assert predict(live, "--list", names, "--out", out).exit_code == 0
    whole = out.read_bytes()
    out.write_bytes(whole[:-20])
    result = predict(live, "--list", names, "--out", out)
    assert result.exit_code == 0
    assert "1 judged" in result.stderr
    assert [line["path"] for line in lines(out)] == [
        str(folder / "a.wav"),
        f"{folder}/caf\\xe9.wav",
    ]


def test_another_model_judges_anew(live, folder, tmp_path):
    out = tmp_path / "answers.jsonl"
    predict(live, folder / "a.wav", "--out", out)
    tag = live.register("fear")
    live.registry.promote(tag, "second")
    live.client.wait_for_champion(tag)
    predict(live, folder / "a.wav", "--out", out)
    assert [line["answer"]["emotion"] for line in lines(out)] == ["anger", "fear"]


def test_mistakes_are_told(live, folder, tmp_path):
    other = tmp_path / "other.jsonl"
    other.write_text('{"not": "ours"}\n')
    kept = other.read_text()
    for arguments, reason in (
        ((folder,), "--out"),
        ((folder / "a.wav", folder / "noise.wav"), "--out"),
        ((folder / "a.wav", "--out", other), "Line 1 of"),
        (("--list", tmp_path / "none.txt", "--out", tmp_path / "o.jsonl"), "cannot be read"),
        ((folder / "a.wav", "--out", folder), "cannot be written"),
    ):
        result = predict(live, *arguments)
        assert isinstance(result.exception, UndertoneError)
        assert reason in str(result.exception)
    assert other.read_text() == kept
