"""A floor under the scores on real speech: a few speakers, one seed, the real encoder."""

import os
from pathlib import Path

import pytest

from benchmarks.accuracy import acoustic
from benchmarks.accuracy.acoustic import Acoustic
from benchmarks.accuracy.corpora import Setup
from benchmarks.machine import measured

DATA, MODELS = os.environ.get("UNDERTONE_TEST_DATA"), os.environ.get("UNDERTONE_MODELS")
SPEAKERS = ("03", "08", "09", "10")  # two men, two women
FLOOR = 0.7


@pytest.mark.skipif(not (DATA and MODELS), reason="UNDERTONE_TEST_DATA or _MODELS not set")
def test_the_voice_alone_keeps_its_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert DATA is not None
    source = tmp_path / "source"
    source.mkdir()
    for file in Path(DATA, "emodb").iterdir():
        if file.name.startswith((*SPEAKERS, "transcripts")):
            (source / file.name).symlink_to(file)
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(acoustic, "ROWS", {"emodb": Acoustic(("emodb",), "folds:2")})
    setup = Setup({"emodb": source}, tmp_path / "work", (17,), ("listening.views=0",))
    ours, *peers = acoustic.run("emodb", setup, measured)
    assert ours.utterances > 180
    assert ours.score.value > FLOOR
    assert ours.score.value > max(peer.score.value for peer in peers) - 0.05
