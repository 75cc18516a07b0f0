import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.training import synthetic
from undertone.bundle import Bundle
from undertone.errors import CorpusError, ModelError
from undertone.evaluation import evaluate
from undertone.evaluation.behaviour.abstaining import EACH
from undertone.evaluation.behaviour.record import Behaviour
from undertone.evaluation.behaviour.running import listened_with, stress
from undertone.evaluation.evaluator import hash_of_folder
from undertone.files import write_json
from undertone.manifest import write_manifest
from undertone.speech import hear
from undertone.training import finetune

SPLIT_OF = ["train"] * 3 + ["validation"] * 2 + ["test"] * 2


def make(folder: Path, *overrides: str) -> Path:
    """A corpus of tones, what a tiny Whisper hears in it, and a bundle fine-tuned on it."""
    frame = synthetic.rows(speakers=7)
    split_of = {f"s{speaker}": split for speaker, split in enumerate(SPLIT_OF)}
    frame = frame.assign(split=frame["speaker_id"].map(split_of))
    corpus, heard = synthetic.write_folders(folder, frame)
    write_json(corpus / "corpus.json", {"name": "synthetic", "data_revision": "d" * 64})
    whisper = synthetic.write_whisper(folder / "whisper")
    params = synthetic.settings(f"listening.whisper={whisper}", *overrides)
    shutil.rmtree(heard)
    hear(corpus, params, heard)
    finetune(corpus, heard, params, folder / "bundle")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("made")
        patch.setenv("UNDERTONE_HOME", str(folder / "home"))
        return make(folder)


def run(made: Path, out: Path, **changes: int) -> Behaviour:
    return stress(made / "bundle", made / "corpus", made / "heard", out, **changes)


def test_measures_everything_and_repeats_itself(made: Path, tmp_path: Path) -> None:
    found = run(made, tmp_path / "first")
    assert (found.utterances, found.speakers) == (6, 2)
    assert found.bundle_hash == hash_of_folder(made / "bundle")
    assert {finding.group for finding in found.findings} >= {
        "correctness",
        "small changes",
        "noise",
        "telephone",
        "text sentiment",
        "abstention",
    }
    abstaining = found.of_group("abstention")
    assert len(abstaining) == 11
    assert {finding.n for finding in abstaining if finding.metric == "AUROC"} == {6 + EACH}
    assert all(0 <= finding.value <= 1 for finding in abstaining)
    assert len(found.of_group("small changes")) == 10
    assert len(found.of_group("noise")) == 8
    by_name = {finding.name: finding.value for finding in found.findings}
    assert by_name["gain -2 dB"] >= 5 / 6
    assert run(made, tmp_path / "again") == found
    assert not (tmp_path / "first" / "model_card.md").exists()


def test_joins_the_scores_in_the_card_and_leaves_the_bundle(made: Path, tmp_path: Path) -> None:
    before, out = hash_of_folder(made / "bundle"), tmp_path / "evaluation"
    evaluate(made / "bundle", made / "corpus", made / "heard", out)
    assert "Not measured" in (out / "model_card.md").read_text()
    arguments = ["stress", "--bundle", made / "bundle", "--folder", made / "corpus"]
    arguments += ["--heard", made / "heard", "--out", out, "--most", "3"]
    shown = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert shown.exit_code == 0, shown.output
    assert "3 utterances" in shown.output
    assert "telephone line" in (out / "model_card.md").read_text()
    assert hash_of_folder(made / "bundle") == before


def test_an_encoder_of_its_own_hears_the_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    quick = ("training.tuning=full", "training.encoder_epochs=1", "training.epochs=1")
    made = make(tmp_path / "made", *quick)
    assert Bundle.load(made / "bundle").model.acoustic.encoder is not None
    found = run(made, tmp_path / "evaluation", most=3)
    assert found.utterances == 3


def test_refuses_the_folder_of_another_bundle(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "evaluation"
    evaluate(made / "bundle", made / "corpus", made / "heard", out)
    figures = json.loads((out / "evaluation.json").read_text())
    write_json(out / "evaluation.json", figures | {"bundle_hash": "f" * 64})
    with pytest.raises(CorpusError, match="scores of another bundle"):
        run(made, out)


def test_refuses_a_corpus_without_recordings(made: Path, tmp_path: Path) -> None:
    heard = shutil.copytree(made / "heard", tmp_path / "heard")
    frame = pd.read_parquet(heard / "manifest.parquet")
    empty = frame.assign(path=pd.Series(None, frame.index, dtype=object))
    write_manifest(heard, empty)
    with pytest.raises(CorpusError, match="no recordings"):
        stress(made / "bundle", made / "corpus", heard, tmp_path / "evaluation")


def test_a_bundle_that_does_not_say_how_it_listens_is_refused(made: Path) -> None:
    bundle = Bundle.load(made / "bundle")
    assert listened_with(bundle).listening.whisper == str(made / "whisper")
    del bundle.info["params"]["listening"]
    with pytest.raises(ModelError, match="how it listens"):
        listened_with(bundle)
