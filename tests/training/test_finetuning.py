import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import synthetic
from torch.testing import assert_close
from transformers import TrainerCallback

from undertone.bundle import Bundle
from undertone.config import Params
from undertone.errors import CorpusError
from undertone.manifest import data_revision, read_manifest
from undertone.training import fitting, stages
from undertone.training.examples import Examples, load_examples
from undertone.training.finetuning import finetune
from undertone.training.learning import learn
from undertone.training.predicting import predict

STEPS_AN_EPOCH = 3


class KilledError(Exception):
    pass


class Killer(TrainerCallback):
    """Counts steps, and breaks a fit off in the middle of an epoch."""

    def __init__(self, epoch: float) -> None:
        self.epoch = epoch
        self.steps = 0

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.steps += 1
        if state.epoch > self.epoch:
            raise KilledError


def split_rows() -> pd.DataFrame:
    frame = synthetic.rows(speakers=7, each=2)
    frame.loc[frame["speaker_id"].isin(["s4", "s5"]), "split"] = "validation"
    frame.loc[frame["speaker_id"] == "s6", "split"] = "test"
    return frame


def test_writes_a_bundle_that_tells_how_it_came_about(tmp_path: Path, params: Params) -> None:
    corpus, heard = synthetic.write_folders(tmp_path, split_rows())
    report = finetune(corpus, heard, params, tmp_path / "run" / "bundle")
    bundle = Bundle.load(tmp_path / "run" / "bundle")

    assert bundle.labels == synthetic.LABELS
    assert bundle.temperature == report.temperature != 1.0
    assert bundle.info["params"]["training"]["seed"] == params.training.seed
    assert bundle.info["data_revision"] == data_revision(read_manifest(corpus))
    assert len(bundle.info["curves"]["heads"]) == report.epochs
    assert report.validation_uar > 0.8  # 12 utterances of three emotions
    assert report.metrics()["trained_parameters"] > 0
    assert "anger, neutral, sadness" in bundle.card
    assert not any((tmp_path / "run" / "checkpoints").iterdir())


def test_a_speaker_in_two_splits_is_refused(tmp_path: Path, params: Params) -> None:
    frame = split_rows()
    frame.loc[0, "split"] = "test"
    corpus, heard = synthetic.write_folders(tmp_path, frame)

    with pytest.raises(CorpusError, match="s0"):
        finetune(corpus, heard, params, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_killed_run_ends_as_if_it_had_not_been_killed(
    tmp_path: Path, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, heard = synthetic.write_folders(tmp_path, split_rows())
    params = params.model_copy(
        update={"training": params.training.model_copy(update={"patience": 2, "epochs": 12})}
    )
    finetune(corpus, heard, params, tmp_path / "whole" / "bundle")
    build, out = stages.trainer_for, tmp_path / "killed" / "bundle"
    killer, watcher = Killer(epoch=3.4), Killer(epoch=99)

    def watched_by(callback: Killer) -> Any:
        def build_watched(*args: Any) -> Any:
            trainer = build(*args)
            trainer.add_callback(callback)
            return trainer

        return build_watched

    monkeypatch.setattr(stages, "trainer_for", watched_by(killer))
    with pytest.raises(KilledError):
        finetune(corpus, heard, params, out)
    assert not out.exists()
    monkeypatch.setattr(stages, "trainer_for", watched_by(watcher))
    finetune(corpus, heard, params, out)
    epochs = len(Bundle.load(out).info["curves"]["heads"])
    assert watcher.steps == STEPS_AN_EPOCH * (epochs - 3)

    whole, resumed = Bundle.load(tmp_path / "whole" / "bundle"), Bundle.load(out)
    assert_close(resumed.model.state_dict(), whole.model.state_dict(), rtol=0, atol=0)
    assert resumed.info["curves"] == whole.info["curves"]


def test_checkpoints_of_other_settings_are_not_used(tmp_path: Path, params: Params) -> None:
    corpus, heard = synthetic.write_folders(tmp_path, split_rows())
    stale = tmp_path / "checkpoints" / "0123456789abcdef"
    stale.mkdir(parents=True)
    finetune(corpus, heard, params, tmp_path / "bundle")

    assert not stale.exists()


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_tunes_encoders_into_a_plain_bundle(tmp_path: Path, whisper: Path, tuning: str) -> None:
    corpus, heard = synthetic.write_folders(tmp_path, split_rows())
    params = synthetic.settings(
        f"listening.whisper={whisper}", f"training.tuning={tuning}", "training.encoder_epochs=1"
    )
    report = finetune(corpus, heard, params, tmp_path / "bundle")
    bundle = Bundle.load(tmp_path / "bundle")
    test = load_examples(corpus, heard, "test")

    assert set(bundle.info["curves"]) == {"heads", "encoders"}
    assert not [name for name in bundle.model.state_dict() if "lora" in name]
    assert predict(bundle, test, params.audio).logits.shape == (6, 3)
    assert report.epochs > 1


def test_logs_to_dvclive_and_tensorboard(tmp_path: Path, whisper: Path) -> None:
    corpus, heard = synthetic.write_folders(tmp_path, split_rows())
    params = synthetic.settings(
        f"listening.whisper={whisper}",
        "training.loggers=[dvclive, tensorboard]",
        "training.epochs=2",
    )
    finetune(corpus, heard, params, tmp_path / "bundle")

    metrics = json.loads((tmp_path / "logs" / "heads" / "dvclive" / "metrics.json").read_text())
    assert metrics["eval"]["uar"] > 0
    assert list((tmp_path / "logs" / "heads" / "tensorboard").glob("events*"))


def test_refitting_learns_from_validation_too_and_keeps_what_it_decided(params: Params) -> None:
    train, validation = synthetic.examples(4), synthetic.examples(2, first=4)
    again = params.model_copy(
        update={"training": params.training.model_copy(update={"refit": True})}
    )
    first, reached = learn(train, validation, params, synthetic.LABELS)
    second, reached_again = learn(train, validation, again, synthetic.LABELS)

    assert (reached_again, second.temperature) == (reached, first.temperature)
    assert second.abstention == first.abstention
    assert second.info["refit"] == len(train) + len(validation)
    assert second.info["curves"] == first.info["curves"]
    both = Examples.concat([train, validation]).statistics
    assert_close(second.model.acoustic.standardise.mean, both.mean(0))


def test_a_fit_without_validation_trains_to_the_end(params: Params) -> None:
    bundle = fitting.fit(synthetic.examples(4), None, params, synthetic.LABELS)

    assert bundle.info["epochs"] == {"heads": params.training.epochs}
