import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.training import synthetic
from undertone.config import Params
from undertone.errors import CorpusError
from undertone.evaluation import evaluate
from undertone.files import write_json
from undertone.manifest import write_manifest
from undertone.training import finetune

SPLIT_OF = ["train"] * 4 + ["validation"] * 2 + ["test"] * 3
CONDITIONS = ["fused", "audio_only", "text_only", "audio_missing", "text_missing"]


def settings(whisper: Path) -> Params:
    return synthetic.settings(f"listening.whisper={whisper}", "training.epochs=20")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, what was heard in it, and a bundle fine-tuned on it."""
    folder = tmp_path_factory.mktemp("made")
    frame = synthetic.rows(speakers=9, each=2)
    split_of = {f"s{speaker}": split for speaker, split in enumerate(SPLIT_OF)}
    corpus, heard = synthetic.write_folders(
        folder, frame.assign(split=frame["speaker_id"].map(split_of))
    )
    write_json(corpus / "corpus.json", {"name": "synthetic", "data_revision": "d" * 64})
    whisper = synthetic.write_whisper(folder / "whisper")
    finetune(corpus, heard, settings(whisper), folder / "bundle")
    return folder


def test_scores_the_test_speakers_alone(made: Path, tmp_path: Path) -> None:
    found = evaluate(made / "bundle", made / "corpus", made / "heard", tmp_path / "evaluation")
    assert (found.utterances, found.speakers, found.protocol) == (18, 3, "test split")
    assert list(found.scores) == CONDITIONS
    assert found.scores["audio_only"].uar.value > 0.6  # chance is a third
    assert len(found.bundle_hash) == 64
    table = pd.read_parquet(tmp_path / "evaluation" / "predictions.parquet")
    assert set(table["speaker_id"]) == {"s6", "s7", "s8"}
    assert table[["snr_db", "bandwidth_hz", "speech_s"]].notna().all(axis=None)


def test_the_same_bundle_gives_the_same_figures(made: Path, tmp_path: Path) -> None:
    first, again = (
        evaluate(made / "bundle", made / "corpus", made / "heard", tmp_path / name)
        for name in ("first", "again")
    )
    assert first == again


def test_refuses_a_bundle_that_was_trained_on_other_splits(made: Path, tmp_path: Path) -> None:
    heard = shutil.copytree(made / "heard", tmp_path / "heard")
    frame = pd.read_parquet(heard / "manifest.parquet")
    turned = {"train": "test", "test": "train", "validation": "validation"}
    write_manifest(heard, frame.assign(split=frame["split"].map(turned)))
    with pytest.raises(CorpusError, match="with other splits"):
        evaluate(made / "bundle", made / "corpus", heard, tmp_path / "evaluation")


def test_refuses_a_leak(made: Path, tmp_path: Path) -> None:
    heard = shutil.copytree(made / "heard", tmp_path / "heard")
    frame = pd.read_parquet(heard / "manifest.parquet")
    frame.loc[0, "split"] = "test"
    write_manifest(heard, frame)
    with pytest.raises(CorpusError, match="speaker_id stand in more than one split: s0"):
        evaluate(made / "bundle", made / "corpus", heard, tmp_path / "evaluation")
