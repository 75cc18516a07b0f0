"""Training on a corpus in shards, of which few are on this disk at a time."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import synthetic
import torch
from numpy.testing import assert_array_equal
from torch import Tensor
from torch.testing import assert_close

from undertone.bundle import Bundle
from undertone.config import Params
from undertone.errors import ConfigError, RemoteError, TrainingError
from undertone.manifest import read_manifest, write_manifest
from undertone.shards import cache, order
from undertone.shards.fetching import fetch_corpus
from undertone.shards.members import contents
from undertone.shards.order import Placement, Streamed, placement_of
from undertone.shards.packing import pack
from undertone.speech import hear
from undertone.training import beginning, fitting
from undertone.training.examples import Examples
from undertone.training.finetuning import finetune
from undertone.training.sources import Spectrograms

SHARD = 100_000
ROOM = 5 * SHARD
STEPS_AN_EPOCH = 6
STILL = (
    "model.dropout=0",
    "model.input_dropout=0",
    "model.modality_dropout=0",
    "training.epochs=0",
    "training.checkpoint_steps=2",
)
FREE = "attention.self.key.bias"  # changes nothing that comes of attention


class Corpora(NamedTuple):
    """One corpus twice, its rows in the same order: recordings in shards, and as files."""

    light: Path
    plain: Path
    shards: Path


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Corpora:
    folder = tmp_path_factory.mktemp("corpora")
    frame = synthetic.rows_in_splits(["train"] * 4 + ["validation"] * 2 + ["test"], each=4)
    plain, _ = synthetic.write_folders(folder, frame)
    pack(plain, str(folder / "there"), SHARD)
    fetch_corpus([str(folder / "there")], folder / "light")
    rows = read_manifest(folder / "light")
    write_manifest(plain, rows.assign(path="audio/" + rows["utterance_id"] + ".flac"))
    return Corpora(folder / "light", plain, folder / "there" / "shards")


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes that shards took here, whenever one was added."""
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    for module in (cache, order):
        monkeypatch.setattr(module, "bound", lambda: ROOM)
    seen: list[int] = []
    take = os.posix_fallocate

    def taken(*told: int) -> None:
        take(*told)
        files = cache._files(cache.cache_folder())
        seen.append(sum(file.stat().st_size for file in files))

    monkeypatch.setattr(os, "posix_fallocate", taken)
    return seen


def settings(whisper: Path, *overrides: str) -> Params:
    return synthetic.settings(
        f"listening.whisper={whisper}",
        "training.tuning=full",
        "training.epochs=1",
        "training.encoder_epochs=2",
        "training.shard_window=2",
        *overrides,
    )


def test_learns_from_shards_what_it_learns_from_files_in_the_same_order(
    corpora: Corpora, whisper: Path, tmp_path: Path, room: list[int], monkeypatch: Any
) -> None:
    params = settings(whisper)
    hear(corpora.light, params, tmp_path / "heard-light")
    streamed = finetune(corpora.light, tmp_path / "heard-light", params, tmp_path / "a" / "bundle")
    packed = sum(file.stat().st_size for file in corpora.shards.glob("*.tar"))
    assert max(room) <= ROOM < packed / 3

    rows = read_manifest(corpora.light)
    there = dict(zip(rows["utterance_id"], rows["path"], strict=True))
    monkeypatch.setattr(
        Spectrograms,
        "placement",
        lambda self: placement_of([corpora.light / there[file.stem] for file in self.files]),
    )
    monkeypatch.setattr(order, "_fetch", lambda shard: None)
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "another-home"))
    hear(corpora.plain, params, tmp_path / "heard-plain")
    whole = finetune(corpora.plain, tmp_path / "heard-plain", params, tmp_path / "b" / "bundle")

    first, second = (Bundle.load(tmp_path / name / "bundle") for name in "ab")
    assert first.info["curves"] == second.info["curves"]
    assert_close(first.model.state_dict(), second.model.state_dict(), rtol=0, atol=0)
    assert streamed.validation_uar == whole.validation_uar


def test_an_utterance_comes_once_an_epoch_in_an_order_of_its_own(corpora: Corpora) -> None:
    rows = read_manifest(corpora.light)
    train = [corpora.light / path for path in rows["path"][rows["split"] == "train"]]
    placement = placement_of(train)
    assert placement is not None
    sampler = Streamed(placement, window=2, seed=17)
    epochs = []
    for epoch in range(3):
        sampler.set_epoch(epoch)
        epochs.append(list(sampler))
    assert all(sorted(places) == list(range(len(train))) for places in epochs)
    assert len(set(map(tuple, epochs))) == 3
    sampler.set_epoch(1)
    assert list(sampler) == epochs[1]


def test_few_shards_are_read_from_at_a_time() -> None:
    shards, each, window = 50, 100, 4
    of = torch.arange(shards).repeat_interleave(each).numpy()
    sampler = object.__new__(Streamed)
    sampler.placement, sampler.window = Placement([Path()] * shards, of), window
    sampler.seed, sampler.epoch = 17, 0
    turns = of[sampler.order()].tolist()
    first = {shard: turns.index(shard) for shard in range(shards)}
    last = {shard: len(turns) - turns[::-1].index(shard) for shard in range(shards)}
    alive = [sum(first[one] <= step < last[one] for one in first) for step in range(len(turns))]
    assert max(alive) == window
    assert_array_equal(sorted(sampler.order()), range(shards * each))


def test_rows_without_a_recording_come_anywhere() -> None:
    of = torch.tensor([0, 1, 2, 3] * 25 + [-1] * 100).numpy()
    sampler = object.__new__(Streamed)
    sampler.placement, sampler.window = Placement([Path()] * 4, of), 1
    sampler.seed, sampler.epoch = 17, 0
    halves = (of[sampler.order()] < 0).reshape(2, 100).mean(axis=1)
    assert halves == pytest.approx([0.5, 0.5], abs=0.15)


def test_room_for_less_than_the_window_is_refused(corpora: Corpora) -> None:
    paths = [corpora.light / path for path in read_manifest(corpora.light)["path"]]
    placement = placement_of(paths)
    assert placement is not None
    Streamed(placement, window=3, seed=0)
    with pytest.raises(ConfigError, match=r"shard_window of 4 needs 0\.6 MB .* lower the window"):
        Streamed(placement, window=4, seed=0)


@dataclass
class Register:
    """A penalty of nothing that writes down who was learnt from, and may end the second process."""

    folder: Path
    last: int = 99
    steps: int = 0

    def __call__(self, _model: Any, inputs: Any, _output: Any) -> Tensor:
        self.steps += 1
        rank = os.environ.get("RANK", "0")
        if rank == "1" and self.steps == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        voices = inputs["input_features"][:, :, :50].sum((1, 2)).tolist()
        with (self.folder / rank).open("a") as file:
            file.writelines(f"{voice}\n" for voice in voices)
        return torch.zeros(())

    def told(self, rank: int) -> list[str]:
        return (self.folder / str(rank)).read_text().split()


def learnt(bundle: Bundle) -> dict[str, Tensor]:
    return {name: value for name, value in bundle.model.named_parameters() if FREE not in name}


def train_examples(corpora: Corpora) -> Examples:
    rows = read_manifest(corpora.light)
    rows = rows[rows["split"] == "train"].reset_index(drop=True)
    rows["path"] = [str(corpora.light / path) for path in rows["path"]]
    return Examples(rows, synthetic.statistics(rows))


def test_two_processes_share_each_utterance_once_an_epoch_and_go_on_after_a_kill(
    corpora: Corpora, whisper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.BOUND, "1")
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    monkeypatch.setattr(beginning, "SCRATCH_ENCODER", beginning.SCRATCH_ENCODER | still)
    examples = train_examples(corpora)

    def fit(name: str, processes: int, last: int = 99) -> Bundle:
        (tmp_path / name).mkdir()
        params = settings(whisper, *STILL, f"training.processes={processes}")
        register = Register(tmp_path / name, last)
        kept = tmp_path / f"checkpoints-{processes}"
        return fitting.fit(
            examples, None, params, synthetic.LABELS, checkpoints=kept, penalty=register
        )

    alone = fit("alone", 1)
    with pytest.raises(TrainingError, match=r"Process 2 of 2 .*SIGKILL"):
        fit("killed", 2, last=STEPS_AN_EPOCH + 3)
    resumed = fit("resumed", 2)

    before, after = (Register(tmp_path / name) for name in ("killed", "resumed"))
    seen = [before.told(rank)[: 8 * 4] + after.told(rank) for rank in (0, 1)]
    assert [len(part) for part in seen] == [len(examples)] * 2
    for epoch in (slice(0, 24), slice(24, 48)):
        assert len(set(seen[0][epoch] + seen[1][epoch])) == len(examples)
    whole = [voice for step in range(0, 48, 4) for part in seen for voice in part[step : step + 4]]
    assert whole == Register(tmp_path / "alone").told(0)
    assert_close(learnt(resumed), learnt(alone), rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_missing_shard_ends_training_and_is_named_even_by_a_loader(
    corpora: Corpora, whisper: Path, tmp_path: Path
) -> None:
    params = settings(whisper, "training.loader_workers=1")
    hear(corpora.plain, params, tmp_path / "heard")
    write_manifest(tmp_path / "heard", read_manifest(corpora.light))
    (corpora.shards / "train-000003.tar").rename(tmp_path / "away")
    try:
        with pytest.raises(RemoteError, match=r"^There is nothing at \S*train-000003\.tar\.$"):
            finetune(corpora.light, tmp_path / "heard", params, tmp_path / "bundle")
    finally:
        (tmp_path / "away").rename(corpora.shards / "train-000003.tar")
    assert contents(corpora.light / read_manifest(corpora.light)["path"][0])
