"""One stage in several processes on the CPU, where gloo is what they speak by."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import synthetic
import torch
from torch import Tensor
from torch.testing import assert_close

from undertone.bundle import Bundle
from undertone.config import Params
from undertone.errors import AudioError, ConfigError, TrainingError
from undertone.training import beginning, fitting
from undertone.training.examples import Examples
from undertone.training.ranks import processes_for
from undertone.training.trainer import last_checkpoint

STILL = (
    "model.dropout=0",
    "model.input_dropout=0",
    "model.modality_dropout=0",
    "training.epochs=3",
    "training.patience=99",
    "training.checkpoint_steps=2",
)
STEPS_AN_EPOCH = 3
FREE = "attention.self.key.bias"  # changes nothing that comes of attention


@dataclass
class Witness:
    """A penalty of nothing that writes down its steps, and in the second process ends one."""

    file: Path
    last: int = 99
    killed: bool = False
    steps: int = 0

    def __call__(self, *_: Any) -> Tensor:
        self.steps += 1
        self.file.write_text(str(self.steps))
        if os.environ["RANK"] == "1" and self.steps == self.last:
            if self.killed:
                os.kill(os.getpid(), signal.SIGKILL)
            raise AudioError("one.flac is no recording.")
        return torch.zeros(())


def settings(*overrides: str) -> Params:
    return synthetic.settings(*STILL, *overrides)


def parts() -> tuple[Examples, Examples]:
    """24 utterances to learn from and 12 to choose by; not all are heard, some are rated."""
    train, validation = synthetic.examples(4, each=2), synthetic.examples(2, each=2, first=4)
    for part in (train, validation):
        part.rows["valence"] = [0.1 * place % 1 for place in range(len(part))]
        part.rows.loc[::2, "arousal"] = 0.5
        part.rows.loc[::5, "path"] = None
    return train, validation


def fit(params: Params, **others: Any) -> Bundle:
    return fitting.fit(*parts(), params, synthetic.LABELS, **others)


def learnt(bundle: Bundle) -> dict[str, Tensor]:
    return {name: value for name, value in bundle.model.named_parameters() if FREE not in name}


@pytest.fixture(scope="module", autouse=True)
def undisturbed() -> Any:
    """Without dropout, which is another in each process."""
    rates = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beginning, "SCRATCH_ENCODER", beginning.SCRATCH_ENCODER | rates)
        yield


@pytest.fixture(scope="module")
def together(undisturbed: None) -> Bundle:
    return fit(settings("training.processes=2"))


def test_two_processes_learn_what_one_does_of_the_same_batches(together: Bundle) -> None:
    alone = fit(settings())

    assert alone.model.config.dimensions
    curves = [bundle.info["curves"]["heads"] for bundle in (alone, together)]
    assert len(curves[0]) == 3
    for one, two in zip(*curves, strict=True):
        assert two == pytest.approx(one, rel=1e-5)
    assert_close(learnt(together), learnt(alone), rtol=1e-4, atol=1e-5)
    assert together.info["trained_parameters"] == alone.info["trained_parameters"]


def test_what_a_killed_process_broke_off_goes_on_from_its_checkpoint(
    together: Bundle, tmp_path: Path
) -> None:
    params, kept = settings("training.processes=2"), tmp_path / "checkpoints"
    killer = Witness(tmp_path / "killed", last=STEPS_AN_EPOCH + 2, killed=True)
    with pytest.raises(TrainingError, match=r"Process 2 of 2 .*SIGKILL"):
        fit(params, checkpoints=kept, penalty=killer)
    assert last_checkpoint(kept, processes=2) == kept / "checkpoint-4"
    assert last_checkpoint(kept, processes=3) is None
    resumed = fit(params, checkpoints=kept, penalty=Witness(tmp_path / "resumed"))

    assert int((tmp_path / "resumed").read_text()) == 3 * STEPS_AN_EPOCH - 4
    assert_close(learnt(resumed), learnt(together), rtol=0, atol=0)


def test_a_process_that_fails_stops_the_other_and_says_why(tmp_path: Path) -> None:
    witness = Witness(tmp_path / "steps", last=2)
    with pytest.raises(TrainingError, match=r"AudioError: one\.flac is no recording\."):
        fit(settings("training.processes=2"), penalty=witness)


def test_parts_of_a_step_add_up_to_it() -> None:
    even = ("training.class_weights=0", "training.checkpoint_steps=99")
    train, validation = synthetic.examples(4, each=2), synthetic.examples(2, first=4)
    whole, parted = (
        fitting.fit(train, validation, settings(*even, *more), synthetic.LABELS)
        for more in ((), ("training.gradient_accumulation=4",))
    )
    assert_close(learnt(parted), learnt(whole), rtol=1e-4, atol=1e-5)


def test_states_that_are_computed_twice_are_the_same(whisper: Path, tmp_path: Path) -> None:
    frame = synthetic.rows(speakers=3)
    synthetic.write_folders(tmp_path, frame)
    frame["path"] = [str(tmp_path / "corpus" / name) for name in frame["path"]]
    examples = Examples(frame, synthetic.statistics(frame))
    tuned = (f"listening.whisper={whisper}", "training.tuning=full", "training.encoder_epochs=1")
    kept, computed = (
        fitting.fit(examples, None, settings(*tuned, *more), synthetic.LABELS)
        for more in ((), ("training.gradient_checkpointing=true",))
    )
    assert_close(learnt(computed), learnt(kept), rtol=1e-5, atol=1e-6)


def test_asks_for_no_more_than_there_is() -> None:
    params = settings("training.processes=2").training
    assert processes_for(params, utterances=24) == 2
    assert processes_for(params, utterances=7) == 1
    assert processes_for(settings().training, utterances=24) == 1
    with pytest.raises(ConfigError, match="cannot be shared evenly by 6"):
        settings("training.processes=2", "training.gradient_accumulation=3")
    many = params.model_copy(update={"device": "cuda"})
    with pytest.raises(ConfigError, match=r"2, but there are [01] GPUs"):
        processes_for(many, utterances=24)
