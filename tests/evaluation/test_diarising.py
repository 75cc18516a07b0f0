import json
from pathlib import Path

import pytest
from PIL import Image

from tests.training import synthetic
from undertone.config import Params
from undertone.errors import ModelError
from undertone.evaluation.diarising import diarise
from undertone.files import write_json
from undertone.training import finetune

SPLIT_OF = ["train"] * 3 + ["validation", "test", "test"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("diarising")
    frame = synthetic.rows(speakers=6)
    splits = [SPLIT_OF[int(name[1:])] for name in frame["speaker_id"]]
    corpus, heard = synthetic.write_folders(folder, frame.assign(split=splits))
    write_json(corpus / "corpus.json", {"name": "synthetic", "data_revision": "d" * 64})
    synthetic.write_whisper(folder / "whisper")
    finetune(corpus, heard, settings(folder), folder / "bundle")
    return folder


def settings(folder: Path) -> Params:
    return synthetic.settings(f"listening.whisper={folder / 'whisper'}", "training.epochs=1")


def test_a_folder_tells_how_well_emotions_are_put_in_time(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "timeline"
    places = (made / "bundle", made / "corpus", made / "heard")
    found = diarise(*places, settings(made), out, each=2)
    assert (found.clips, found.speakers, found.corpus) == (4, 2, "synthetic")
    assert set(found.eder) == {"smoothed", "unsmoothed", "whole clip"}
    assert sum(found.kinds.values()) == pytest.approx(found.eder["smoothed"].value)
    assert json.loads((out / "diarisation.json").read_text())["split_hash"] == found.split_hash
    report = (out / "report.txt").read_text()
    assert "timeline.switch_cost=" in report
    assert "other data" in report
    with Image.open(out / "timeline.png") as picture:
        assert picture.size[0] > 800


def test_a_bundle_of_another_whisper_is_refused(made: Path, tmp_path: Path) -> None:
    other = synthetic.write_whisper(tmp_path / "other" / "whisper")
    (other / "config.json").write_text(
        (other / "config.json").read_text().replace('"d_model": 16', '"d_model": 32')
    )
    params = synthetic.settings(f"listening.whisper={other}")
    with pytest.raises(ModelError):
        diarise(made / "bundle", made / "corpus", made / "heard", params, tmp_path / "out")
