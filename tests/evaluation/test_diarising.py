import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch.testing import assert_close

from tests.training import synthetic
from undertone.bundle import Bundle
from undertone.config import Params, TimelineParams
from undertone.errors import ModelError
from undertone.evaluation.diarising import diarise
from undertone.files import write_json
from undertone.timeline.track import track
from undertone.timeline.windows import Moments
from undertone.training import finetune
from undertone.training.examples import load_examples
from undertone.training.windows import teach_timeline

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


def settings(folder: Path, joined: int = 2) -> Params:
    whisper, teach = f"listening.whisper={folder / 'whisper'}", f"timeline.joined={joined}"
    return synthetic.settings(whisper, teach, "training.epochs=1")


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


def test_a_bundle_is_taught_its_timeline_beside_whole_recordings(
    made: Path, tmp_path: Path
) -> None:
    places = (made / "corpus", made / "heard")
    finetune(*places, settings(made, joined=0), tmp_path / "untaught")
    plain, taught = Bundle.load(tmp_path / "untaught"), Bundle.load(made / "bundle")
    assert plain.timeline == {}
    assert set(taught.timeline) > {"temperature", "acoustic.standardise.mean"}
    assert not any(name.startswith("text.") for name in taught.timeline)
    weights = taught.model.state_dict()
    for name, value in plain.model.state_dict().items():
        assert_close(weights[name], value)
    test = load_examples(*places, "test")
    moments = Moments(1.0, hop=0.25)
    moments.add(test.statistics[0, :, : synthetic.SIZE, None].transpose(1, 2).repeat(1, 50, 1))
    said = [track(each, moments, TimelineParams()).shares for each in (plain, taught)]
    assert not np.allclose(*said)


def test_speakers_who_are_never_neutral_teach_no_timeline(made: Path) -> None:
    bundle = Bundle.load(made / "bundle")
    bundle.timeline = {}
    train, validation = (
        load_examples(made / "corpus", made / "heard", split) for split in ("train", "validation")
    )
    moved = train.take((train.rows["emotion"] != "neutral").to_numpy())
    teach_timeline(bundle, moved, validation, settings(made))
    assert bundle.timeline == {}
    teach_timeline(bundle, train, validation, settings(made))
    assert bundle.timeline


def test_a_bundle_of_another_whisper_is_refused(made: Path, tmp_path: Path) -> None:
    other = synthetic.write_whisper(tmp_path / "other" / "whisper")
    (other / "config.json").write_text(
        (other / "config.json").read_text().replace('"d_model": 16', '"d_model": 32')
    )
    params = synthetic.settings(f"listening.whisper={other}")
    with pytest.raises(ModelError):
        diarise(made / "bundle", made / "corpus", made / "heard", params, tmp_path / "out")
