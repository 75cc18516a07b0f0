from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.training import synthetic
from undertone.bundle import Bundle
from undertone.config import Params
from undertone.continual import Decision, judge, retrain
from undertone.continual.retraining import Folders
from undertone.errors import CorpusError, ModelError
from undertone.manifest import write_manifest
from undertone.training import finetune

SPLIT_OF = ["train"] * 4 + ["validation"] * 2 + ["test"] * 3
ADAPT = (
    "continual.min_labels=30",
    "continual.learning_rate=0.005",
    "promotion.min_holdout=5",
)
FLUENT = "training.epochs=20"  # a champion that is sure of the old domain


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    whisper = synthetic.write_whisper(tmp_path_factory.mktemp("models") / "whisper")
    return synthetic.settings(f"listening.whisper={whisper}", FLUENT, *ADAPT)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    frame = synthetic.rows(speakers=9, each=2)
    split_of = {f"s{speaker}": split for speaker, split in enumerate(SPLIT_OF)}
    folder = tmp_path_factory.mktemp("old")
    return synthetic.write_folders(folder, frame.assign(split=frame["speaker_id"].map(split_of)))


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Other speakers, over a line that moves all statistics; splits still open, words unknown."""
    frame = synthetic.rows(speakers=12, each=2, first=20).assign(split=None, text="hello")
    folders = synthetic.write_folders(tmp_path_factory.mktemp("new"), frame)
    file = folders[1] / "acoustic.safetensors"
    line = 12 * torch.randn(*synthetic.SHAPE, generator=torch.Generator().manual_seed(7))
    statistics = load_file(file)["statistics"] + line
    save_file({"statistics": statistics}, file)
    return folders


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory, old: Folders, params: Params) -> Path:
    path = tmp_path_factory.mktemp("champion") / "bundle"
    finetune(*old, params, path)
    return path


def test_a_challenger_learns_the_new_and_keeps_the_old(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    report = retrain(champion, old, new, params, tmp_path / "challenger")
    assert report.learnt + report.holdout < 72
    assert report.replayed == 24  # all there are
    decision = judge(champion, tmp_path / "challenger", old, new, params, tmp_path / "decision")
    assert decision.promote, decision.reason
    assert decision.gain > 0.1
    written = (tmp_path / "decision" / "decision.json").read_text()
    assert Decision.model_validate_json(written) == decision


def test_the_challenger_has_the_shape_of_the_champion(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    retrain(champion, old, new, params, tmp_path / "challenger")
    before, after = Bundle.load(champion), Bundle.load(tmp_path / "challenger")
    shapes = [{k: v.shape for k, v in part.model.state_dict().items()} for part in (before, after)]
    assert shapes[0] == shapes[1]
    assert after.labels == before.labels
    assert torch.equal(
        after.model.acoustic.standardise.mean, before.model.acoustic.standardise.mean
    )


def test_the_holdout_never_trains(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    report = retrain(champion, old, new, params, tmp_path / "challenger")
    listed = Bundle.load(tmp_path / "challenger").info["continual"]["holdout"]
    assert len(listed) == report.holdout
    rows = pd.read_parquet(new[1] / "manifest.parquet")
    held = set(rows[rows["utterance_id"].isin(listed)]["speaker_id"])
    assert len(listed) == 6 * len(held)  # whole speakers


def test_leaves_out_what_cannot_be_used(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    heard = tmp_path / "heard"
    heard.mkdir()
    save_file(load_file(new[1] / "acoustic.safetensors"), heard / "acoustic.safetensors")
    rows = pd.read_parquet(new[1] / "manifest.parquet")
    rows.loc[0, "emotion"] = "boredom"
    rows.loc[1, "sha256"] = "s0-anger-0"
    write_manifest(heard, rows)
    assert retrain(champion, old, (new[0], heard), params, tmp_path / "challenger").left_out == 2


def test_asks_for_more_labels(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    continual = params.continual.model_copy(update={"min_labels": 100})
    demanding = params.model_copy(update={"continual": continual})
    with pytest.raises(CorpusError, match=r"72 labelled utterances .* at least 100 are needed"):
        retrain(champion, old, new, demanding, tmp_path / "challenger")


def test_judges_only_what_lists_a_holdout(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="lists no holdout"):
        judge(champion, champion, old, new, params, tmp_path)
