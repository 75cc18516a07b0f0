"""What is kept where the store fails; test_service.py and test_who_may.py have the good days."""

from dataclasses import replace

import pytest

from serving.champion import warm_up_tone
from serving.forms import Utterance
from serving.recorder import Recorder
from undertone.config import Params, ServingParams
from undertone.prediction import Modalities, Prediction

PARAMS = Params(serving=ServingParams(keep_audio=True))
PREDICTION = Prediction(
    emotion="fear",
    confidence=1.0,
    distribution={"fear": 1.0},
    modalities=Modalities(audio=True, text=False, image=False),
)


class Away:
    """A store that does not answer."""

    def add_prediction(self, *_args, **_named):
        raise OSError("away")


@pytest.mark.parametrize("consent", [True, False, None])
def test_no_recording_stays_that_no_row_names(tmp_path, monkeypatch, consent):
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    utterance = replace(Utterance(audio=warm_up_tone()), consent=consent)
    assert not Recorder(Away(), PARAMS).record("p1", PREDICTION, utterance, 1.0)
    assert list(tmp_path.rglob("*.flac")) == []
    assert (tmp_path / "audio").exists() is bool(consent)
