from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.training import synthetic
from tests.training.synthetic import memory
from undertone.bundle import Bundle
from undertone.config import Params
from undertone.continual import Decision, judge, retrain
from undertone.continual.personal import personal
from undertone.continual.replay import sizes_of
from undertone.errors import CorpusError, ModelError
from undertone.evaluation import evaluate
from undertone.evaluation.gathering import Folders
from undertone.leaks import assert_no_leak
from undertone.manifest import read_manifest, write_manifest
from undertone.training import Examples, finetune, load_examples
from undertone.training.predicting import predict

SPLIT_OF = ["train"] * 4 + ["validation"] * 2 + ["test"] * 3
ADAPT = (
    "continual.min_labels=30",
    "continual.learning_rate=0.005",
    "promotion.min_holdout=5",
    "promotion.behaviour_clips=0",
)
FLUENT = "training.epochs=20"  # a champion that is sure of the old domain


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    whisper = synthetic.write_whisper(tmp_path_factory.mktemp("models") / "whisper")
    return synthetic.settings(f"listening.whisper={whisper}", FLUENT, *ADAPT)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    frame = synthetic.rows_in_splits(SPLIT_OF, each=2)
    return synthetic.write_folders(tmp_path_factory.mktemp("old"), frame)


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
    report = retrain(champion, old, new, params, tmp_path / "challenger", memory(tmp_path))
    assert report.learnt + report.holdout < 72
    assert report.replayed == 24  # all there are
    few = 4  # clips, on which no fall of a score is sure: that is tested beside the suite
    promotion = params.promotion.model_copy(update={"behaviour_clips": few})
    asking = params.model_copy(update={"promotion": promotion})
    decision = judge(champion, tmp_path / "challenger", old, new, asking, tmp_path / "decision")
    assert decision.promote, decision.reason
    assert decision.gain > 0.1
    assert {test.name for test in decision.behaviour} >= {
        "telephone line, unchanged",
        "positive text, unchanged",
        "music, unknown",
    }
    written = (tmp_path / "decision" / "decision.json").read_text()
    assert Decision.model_validate_json(written) == decision


def test_the_challenger_has_the_shape_of_the_champion(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    retrain(champion, old, new, params, tmp_path / "challenger", memory(tmp_path))
    before, after = Bundle.load(champion), Bundle.load(tmp_path / "challenger")
    shapes = [{k: v.shape for k, v in part.model.state_dict().items()} for part in (before, after)]
    assert shapes[0] == shapes[1]
    assert after.labels == before.labels
    assert torch.equal(
        after.model.acoustic.standardise.mean, before.model.acoustic.standardise.mean
    )


def test_only_an_adapter_is_kept_as_one(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    retrain(champion, old, new, params, tmp_path / "challenger", memory(tmp_path))
    assert not (tmp_path / "challenger" / "adapter.safetensors").exists()


def test_the_holdout_never_trains(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    report = retrain(champion, old, new, params, tmp_path / "challenger", memory(tmp_path))
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
    assert (
        retrain(
            champion,
            old,
            (new[0], heard),
            params,
            tmp_path / "challenger",
            memory(tmp_path),
        ).left_out
        == 2
    )


def test_what_was_learnt_is_remembered_and_can_be_learnt_on_from(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    first = memory(tmp_path / "1")
    report = retrain(champion, old, new, params, tmp_path / "1" / "challenger", first)
    rows = read_manifest(first[1])
    assert_no_leak(rows)
    assert rows["corpus"].value_counts().to_dict() == {"synthetic": 54, "feedback-1": 72}
    assert (rows["split"] == "test").sum() == 18 + report.holdout
    assert all((first[0] / path).is_file() for path in rows["path"])
    scored = evaluate(
        tmp_path / "1" / "challenger", corpus=first[0], heard=first[1], out=tmp_path / "scored"
    )
    assert scored.corpus == "remembered"
    later = synthetic.rows(speakers=8, each=2, first=40).assign(split=None)
    third = synthetic.write_folders(tmp_path / "third", later)
    second = memory(tmp_path / "2")
    retrain(tmp_path / "1" / "challenger", first, third, params, tmp_path / "2" / "next", second)
    assert set(read_manifest(second[1])["corpus"]) == {"synthetic", "feedback-1", "feedback-2"}


def test_a_small_memory_keeps_some_of_every_domain(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    whole, small = memory(tmp_path / "whole"), memory(tmp_path / "small")
    retrain(champion, old, new, params, tmp_path / "challenger", whole)
    train = load_examples(*whole, split="train")
    budget = float(sizes_of(train).sum()) / 2e6
    continual = params.continual.model_copy(update={"memory_mb": budget})
    tight = params.model_copy(update={"continual": continual})
    retrain(champion, old, new, tight, tmp_path / "challenger", small)
    kept = load_examples(*small, split="train")
    assert len(train) / 3 < len(kept) < len(train) * 2 / 3
    assert set(kept.rows["corpus"]) == {"synthetic", "feedback-1"}
    assert len(load_examples(*small, split="test")) == len(load_examples(*whole, split="test"))


def test_a_known_speaker_stays_in_their_split(
    champion: Path, old: Folders, params: Params, tmp_path: Path
) -> None:
    frame = pd.concat([synthetic.rows(speakers=9, first=20), synthetic.rows(speakers=9, each=1)])
    frame["utterance_id"] = "later-" + frame["utterance_id"]
    frame["sha256"] = "later-" + frame["sha256"]
    folders = synthetic.write_folders(tmp_path / "new", frame.assign(split=None))
    kept = memory(tmp_path)
    retrain(champion, old, folders, params, tmp_path / "challenger", kept)
    rows = read_manifest(kept[1])
    assert_no_leak(rows)
    assert (rows["speaker_id"] == "s8").sum() == 9


def test_asks_for_more_labels(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    continual = params.continual.model_copy(update={"min_labels": 100})
    demanding = params.model_copy(update={"continual": continual})
    with pytest.raises(CorpusError, match=r"72 labelled utterances .* at least 100 are needed"):
        retrain(champion, old, new, demanding, tmp_path / "challenger", memory(tmp_path))


def test_judges_only_what_lists_a_holdout(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="lists no holdout"):
        judge(champion, champion, old, new, params, tmp_path)


def test_a_tenants_adapter_is_promoted_if_it_surely_gains_for_them(
    champion: Path, old: Folders, new: Folders, params: Params, tmp_path: Path
) -> None:
    own = personal(params, "clinic")
    path = tmp_path / "challenger"
    report = retrain(champion, old, new, own, path, memory(tmp_path))
    assert report.trained_parameters < sum(
        weight.numel() for weight in Bundle.load(champion).model.parameters()
    )
    decision = judge(champion, path, old, new, own, tmp_path / "decision")
    assert decision.promote, decision.reason
    assert decision.gain_interval[0] > 0
    assert_same_answers(path, champion, load_examples(*new))


def assert_same_answers(adapted: Path, base: Path, examples: Examples) -> None:
    """An adapter on the weights it was trained from is the whole bundle."""
    whole = Bundle.load(adapted)
    onto = Bundle.load(base).adapted(adapted)
    assert onto.adapter
    assert not whole.adapter
    ours, theirs = (predict(bundle, examples) for bundle in (onto, whole))
    assert np.allclose(ours.logits, theirs.logits, atol=1e-4)
    assert np.allclose(ours.novelty, theirs.novelty, equal_nan=True)
    assert (adapted / "adapter.safetensors").stat().st_size < (
        0.3 * (adapted / "model.safetensors").stat().st_size
    )


def test_no_adapter_where_nothing_is_to_be_gained(
    champion: Path, old: Folders, params: Params, tmp_path: Path
) -> None:
    same = synthetic.rows(speakers=9, each=2, first=60).assign(split=None)
    folders = synthetic.write_folders(tmp_path / "same", same)
    own = personal(params, "clinic")
    path = tmp_path / "challenger"
    retrain(champion, old, folders, own, path, memory(tmp_path))
    decision = judge(champion, path, old, folders, own, tmp_path / "decision")
    assert not decision.promote
    assert "gain" in decision.reason
