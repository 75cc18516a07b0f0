"""Home, lessons, clinic and play, on a live service."""

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from examples.clinic.__main__ import entry
from examples.clinic.diary import Diary, now
from examples.events import sample
from examples.events.engine import Change
from examples.events.facts import Facts
from examples.events.live import opened
from examples.home.__main__ import send
from tests.examples.capturing import ROOT, Terminal
from tests.serving.serving_harness import Live
from undertone.errors import AudioError, UndertoneError

USE = "role: viewer\npurpose: entertainment\n"


def scenes(lines: list[str]) -> list[str]:
    return re.findall(r"→ ([^:]+):", "\n".join(lines))


@pytest.fixture
def terminal(tmp_path: Path, service: str) -> Terminal:
    return Terminal(tmp_path, service)


@pytest.fixture
def record(tmp_path: Path) -> Callable[[str], None]:
    """Speak the lines of an example into the terminal's folder."""

    def _record(lines: str) -> None:
        path = ROOT / "examples" / lines
        sample.main(path, tmp_path / f"{path.stem}.wav")

    return _record


@pytest.fixture
def hub() -> Iterator[tuple[str, list[dict]]]:
    """The address of a home's hub, and what it was told."""
    told: list[dict] = []

    class Hub(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", told
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_home_changes_its_scene_with_the_mood(terminal, record, pictures, hub):
    address, told = hub
    record("home/evening.yaml")
    printed = terminal.run("python -m examples.home evening.wav --pace inf", HOME_HUB=address)
    begun = scenes(printed.splitlines())
    assert begun == ["calm the room down", "company", "party"]
    terminal.draw(pictures / "home.svg")
    assert [one["scene"] for one in told] == begun
    assert told[0] == {
        "scene": "calm the room down",
        "light": "warm amber",
        "brightness": 35,
        "music": "slow piano",
    }


def test_a_hub_that_is_away_is_told_of_and_no_more(capsys):
    asyncio.run(send("http://127.0.0.1:9", Change(1.0, "party", {"light": "on"})))
    assert "did not take 'party'" in capsys.readouterr().err


def test_a_learner_alone_sees_their_frustration(terminal, record, pictures, live: Live):
    record("lessons/homework.yaml")
    before = set(live.store.predictions()["id"])
    printed = terminal.run("python -m examples.lessons homework.wav --pace inf")
    assert "frustrated: say This one is hard." in printed
    assert "pleased: say Well done!" in printed
    rows = live.store.predictions().query("id not in @before")
    assert len(rows) == 6
    assert set(rows["role"]) == {"customer"}
    assert rows[["speaker_id", "text", "audio_path"]].isna().all().all()

    refused = terminal.run("python -m examples.lessons homework.wav --for-school", fails=True)
    assert "people at work or in education are not inferred" in refused
    assert "Article 5(1)(f)" in refused
    assert len(live.store.predictions()) == len(before) + 6
    terminal.draw(pictures / "lessons.svg")


def test_a_diary_is_kept_with_consent_and_goes_when_asked(terminal, record, pictures, live: Live):
    record("clinic/session.yaml")
    before = len(live.store.predictions())
    refused = terminal.run("python -m examples.clinic listen P7 session.wav", fails=True)
    assert "P7 has not agreed" in refused
    assert len(live.store.predictions()) == before

    terminal.run("python -m examples.clinic consent P7 --by 'Dr Roe'")
    printed = terminal.run("python -m examples.clinic listen P7 session.wav --pace inf")
    assert "low for a while" in printed
    assert "distressed" in printed
    kept = live.store.predictions().query("speaker_id == 'P7'")
    assert len(kept) == 6
    assert (set(kept["role"]), set(kept["purpose"])) == ({"patient"}, {"health"})

    terminal.run("python -m examples.clinic export P7 P7.csv")
    copy = pd.read_csv(terminal.folder / "P7.csv")
    assert list(copy["emotion"]) == ["neutral", *["sadness"] * 3, *["fear"] * 2]

    printed = terminal.run("python -m examples.clinic forget P7")
    assert "6 predictions and 6 entries are deleted" in printed
    assert live.store.predictions().query("speaker_id == 'P7'").empty
    assert not (terminal.folder / "diaries" / "P7").exists()
    terminal.draw(pictures / "clinic.svg")


def test_a_game_answers_each_player(terminal, record, pictures):
    record("play/ann.yaml")
    record("play/ben.yaml")
    printed = terminal.run("python -m examples.play ann.wav ben.wav --pace inf")
    lines = printed.splitlines()
    ann, ben = ([line for line in lines if line.startswith(who)] for who in ("ann", "ben"))
    assert scenes(ann) == ["ease off", "raise the stakes"]
    assert scenes(ben) == ["wake up"]
    assert any("ann" in line and "enemies more, speed 1.3" in line for line in lines)
    assert any("ben" in line and "enemies surprising, speed 1.2" in line for line in lines)
    terminal.draw(pictures / "play.svg")


def test_a_mistake_is_one_line(terminal):
    rules = terminal.folder / "rules.yaml"
    rules.write_text(
        "role: viewer\npurpose: entertainment\nrules:\n- {name: a, when: mood > 1, then: {}}"
    )
    said = terminal.run("python -m examples.home x.wav --rules rules.yaml", fails=True)
    assert said.startswith("error: rules.yaml:4: rules.0.when: unknown symbol: 'mood'")
    said = terminal.run("python -m examples.home x.wav", fails=True)
    assert said.startswith("error: x.wav cannot be read as WAV")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("rate", "channels", "kind"),
    [(44_100, 1, "PCM_16"), (16_000, 2, "PCM_16"), (16_000, 1, "PCM_24")],
)
def test_a_recording_that_cannot_be_streamed_is_refused(tmp_path, rate, channels, kind):
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros((rate, channels)), rate, subtype=kind)
    with pytest.raises(AudioError, match="mono, 16 bit and 8 or 16 kHz"):
        opened(path)


@pytest.mark.parametrize("name", ["../x", "", ".", "a/b", "-x", "x" * 65])
def test_a_patient_is_no_path(tmp_path, name):
    with pytest.raises(UndertoneError, match="letters, digits"):
        Diary(tmp_path, name)


def test_an_export_says_what_it_can_write(tmp_path):
    diary = Diary(tmp_path, "P1")
    with pytest.raises(UndertoneError, match="is empty"):
        diary.export(tmp_path / "x.csv")
    diary.agree("Dr Roe")
    diary.add(entry(now(), Facts(2.5, emotion="fear", valence=-0.6, text="help"), "distressed"))
    diary.export(tmp_path / "x.json")
    [told] = json.loads((tmp_path / "x.json").read_text())
    assert (told["emotion"], told["note"], told["seconds"]) == ("fear", "distressed", 2.5)
    with pytest.raises(UndertoneError, match=r"must end in \.csv or \.json"):
        diary.export(tmp_path / "x.pickle")
