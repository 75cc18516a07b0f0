import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cli.main import app
from monitoring.report import PAGE
from monitoring.store import NotFoundError, Store

ORIGIN = {"data_revision": "d", "split_hash": "s", "run_id": "r"}
TAG = "undertone:1"
EMOTIONS = ("anger", "calm")


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    monkeypatch.delenv("UNDERTONE_STORE", raising=False)
    monkeypatch.setattr("monitoring.report._draw", lambda *_: PAGE)
    store = Store()
    yield store
    store.close()


def judge(*arguments):
    return CliRunner().invoke(app, ["monitor", "judge", *arguments], terminal_width=200)


def test_without_a_champion_it_is_said_what_to_do(store):
    asked = judge()
    assert asked.exit_code != 0
    assert isinstance(asked.exception, NotFoundError)
    assert "Run the training pipeline first" in str(asked.exception)


def test_the_verdict_is_told_kept_and_reported(store, tmp_path):
    chance = np.random.default_rng(1)
    rows = pd.DataFrame({"emotion": chance.choice(EMOTIONS, 50), "confidence": chance.random(50)})
    rows["p_anger"] = np.where(rows["emotion"] == "anger", 0.9, 0.1)
    rows["p_calm"] = 1 - rows["p_anger"]
    evaluation = tmp_path / "evaluation"
    evaluation.mkdir()
    rows.to_parquet(evaluation / "predictions.parquet")
    store.add_lineage("line-1", tag=TAG, **ORIGIN, evaluation_uri=str(evaluation))
    store.move_pointer("champion", TAG, lineage_id="line-1", reason="first", expected_version=0)

    told = judge("--out", str(tmp_path / "seen.html"))
    assert told.exit_code == 0, told.exception
    assert told.stdout.startswith("verdict 1: ")
    assert (tmp_path / "seen.html").is_file()
    assert [verdict.verdict for verdict in store.verdicts()] == [1]
