"""The text rows of the accuracy benchmark, on a few comments, and their own arithmetic."""

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.text import OURS, run
from benchmarks.accuracy.text_multilabel import assign, choose_thresholds
from benchmarks.accuracy.text_peers import PEERS

COMMENTS = {"anger": "i hate this", "joy": "i love this", "neutral": "it is a table"}


def write_goemotions(folder: Path) -> Path:
    source = folder / "goemotions-text"
    source.mkdir()
    (source / "labels.txt").write_text("\n".join(COMMENTS))
    for name in ("train", "dev", "test"):
        lines = [
            f"{text} {turn % 4}\t{number}\t{name}{number}x{turn}\n"
            for number, text in enumerate(COMMENTS.values())
            for turn in range(20)
        ]
        both = f"i hate and love this\t0,1\t{name}both\n"
        (source / f"{name}.tsv").write_text("".join(lines) + both)
    return folder


def test_runs_a_row_with_its_peers(tmp_path: Path) -> None:
    data = write_goemotions(tmp_path)
    extra = ("model.text_encoder=scratch", "training.bfloat16=false", "training.warmup_steps=1")
    ours, all_comments, *peers = run("goemotions", data, tmp_path, smoke=True, extra=extra)
    assert (ours.system, ours.utterances, ours.metric) == (OURS, 60, "macro_f1")
    assert ours.score.low <= ours.score.value <= ours.score.high
    assert len(ours.curve) == 1
    assert all_comments.utterances == 60
    assert "several emotions allowed" in all_comments.protocol
    assert [peer.system for peer in peers] == list(PEERS)
    assert peers[0].score.value > 0.9
    assert len({record.split_hash for record in (ours, *peers)}) == 1


@pytest.mark.skipif(not os.environ.get("UNDERTONE_TEST_DATA"), reason="UNDERTONE_TEST_DATA not set")
@pytest.mark.skipif(not os.environ.get("UNDERTONE_MODELS"), reason="UNDERTONE_MODELS not set")
def test_reads_dialogues_with_the_real_encoder(tmp_path: Path) -> None:
    data = Path(os.environ["UNDERTONE_TEST_DATA"])
    ours, *peers = run("meld", data, tmp_path, smoke=True)
    assert (ours.row, ours.utterances, ours.metric) == ("meld", 60, "weighted_f1")
    assert len(peers) == len(PEERS)


def test_thresholds_are_those_of_the_best_f1() -> None:
    truth = np.array([[True, False], [True, True], [False, True], [False, False]])
    probabilities = np.array([[0.4, 0.1], [0.35, 0.8], [0.2, 0.7], [0.1, 0.6]])
    limits = choose_thresholds(probabilities, truth)
    assert 0.2 < limits[0] <= 0.35
    assert 0.6 < limits[1] <= 0.7
    assert (assign(probabilities, limits)[:3] == truth[:3]).all()
    assert assign(probabilities, limits)[3].tolist() == [False, True]  # the likeliest at least
