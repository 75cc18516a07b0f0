"""Somebody floods the loop with flipped labels, and the champion does not move."""

from pathlib import Path

import pandas as pd
import pytest

from monitoring.labelled import collect_feedback
from monitoring.store import Store
from monitoring.trigger import fresh_labels
from tests.monitoring.observed import make_prediction
from tests.training import synthetic
from tests.training.synthetic import memory
from undertone.bundle import Bundle
from undertone.config import Params
from undertone.continual import judge, retrain
from undertone.corpora.intake import VOICES
from undertone.errors import CorpusError
from undertone.evaluation.gathering import Folders
from undertone.training import finetune

SPLIT_OF = ["train"] * 4 + ["validation"] * 3 + ["test"] * 3
FLIPPED = {"anger": "neutral", "neutral": "sadness", "sadness": "anger"}
BOT, DESK = "bot", "desk"


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    whisper = synthetic.write_whisper(tmp_path_factory.mktemp("models") / "whisper")
    return synthetic.settings(
        f"listening.whisper={whisper}",
        "training.epochs=20",
        "continual.min_labels=30",
        "continual.strategy=naive",
        "continual.learning_rate=0.01",
        "promotion.min_holdout=5",
        "promotion.behaviour_clips=0",
        f"feedback.trusted=[{DESK}]",
    )


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    frame = synthetic.rows_in_splits(SPLIT_OF, each=2)
    return synthetic.write_folders(tmp_path_factory.mktemp("old"), frame)


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory, old: Folders, params: Params) -> Path:
    path = tmp_path_factory.mktemp("champion") / "bundle"
    finetune(*old, params, path)
    return path


def flooded(folder: Path, *, flips: bool) -> Folders:
    """Nine callers whom the desk labels, and nine whom the bot does."""
    frame = synthetic.rows(speakers=18, each=2, first=20).assign(split=None)
    corpus, heard = synthetic.write_folders(folder, frame)
    bots = frame["speaker_id"].isin([f"s{number}" for number in range(29, 38)])
    if flips:
        path = heard / "manifest.parquet"
        rows = pd.read_parquet(path)
        rows["emotion"] = rows["emotion"].where(~bots, rows["emotion"].map(FLIPPED))
        rows.to_parquet(path)
    voices = pd.DataFrame({"id": frame["utterance_id"], "voice": DESK, "trusted": True})
    voices.loc[bots, ["voice", "trusted"]] = [BOT, False]
    voices.to_csv(corpus / VOICES, index=False)
    return corpus, heard


@pytest.mark.parametrize("flips", [True, False])
def test_a_voice_is_dropped_only_if_its_labels_do_harm(
    champion: Path, old: Folders, params: Params, tmp_path: Path, flips: bool
) -> None:
    new = flooded(tmp_path, flips=flips)
    report = retrain(champion, old, new, params, tmp_path / "challenger", memory(tmp_path))
    assert report.distrusted == (54 if flips else 0)
    (measured,) = Bundle.load(tmp_path / "challenger").info["continual"]["influence"]
    assert (measured["voice"], measured["labels"]) == (BOT, 54)
    assert (measured["effect"]["high"] < 0) is flips


def test_flipped_labels_that_slip_through_are_stopped_by_trusted_ones(
    champion: Path, old: Folders, params: Params, tmp_path: Path
) -> None:
    blind = params.feedback.model_copy(update={"influence": 1.0})
    credulous = params.model_copy(update={"feedback": blind})
    new = flooded(tmp_path, flips=True)
    report = retrain(champion, old, new, credulous, tmp_path / "challenger", memory(tmp_path))
    assert report.distrusted == 0
    listed = Bundle.load(tmp_path / "challenger").info["continual"]["holdout"]
    voices = pd.read_csv(new[0] / VOICES).set_index("id")["voice"]
    assert set(voices[listed]) == {DESK}
    decision = judge(champion, tmp_path / "challenger", old, new, credulous, tmp_path / "decision")
    assert not decision.promote


def test_a_flood_by_nobody_who_is_trusted_starts_nothing(params: Params, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    for number in range(200):
        key = store.add_prediction(make_prediction(), text=f"line {number}")
        store.add_feedback(key, "fear", source=BOT)
    told = fresh_labels(store, "emotion:1", params)
    assert told.frame.empty
    assert len(told.refused) == 200
    with pytest.raises(CorpusError, match="who is trusted"):
        collect_feedback(store, tmp_path / "corpus", feedback=params.feedback)
