from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from undertone.config import AudioParams
from undertone.corpora.base import SourceUtterance
from undertone.errors import CorpusError, UndertoneError
from undertone.labelling.proposing import propose
from undertone.labelling.pseudo import pseudo_label
from undertone.labelling.table import Partly
from undertone.prediction import Modalities, Prediction

RATE = 16_000
PITCHES = {"anger": 400.0, "sadness": 150.0, "fear": 1500.0}


class ByPitch:
    """Hears how often a recording crosses zero, in place of a Whisper."""

    def listen(self, samples: np.ndarray, *_: object, **__: object) -> SimpleNamespace:
        crossings = (np.diff(np.sign(samples)) != 0).mean()
        statistics = np.full((2, 4), crossings, np.float32) * np.arange(1, 5, dtype=np.float32)
        return SimpleNamespace(statistics=statistics)


def tone(folder: Path, name: str, emotion: str, pitch: float) -> SourceUtterance:
    file = folder / f"{name}.wav"
    samples = 0.3 * np.sin(2 * np.pi * pitch * np.arange(RATE) / RATE)
    soundfile.write(file, samples.astype(np.float32), RATE)
    return SourceUtterance(name, "tones", name, "en", emotion, source=file)


@pytest.fixture
def partly(tmp_path: Path) -> Partly:
    known = [tone(tmp_path, f"{e}{n}", e, p + n) for e, p in PITCHES.items() for n in range(2)]
    known = [row for row in known if row.emotion != "fear"]
    near = [tone(tmp_path, f"near{n}", "", 400.0 + 3 * n) for n in range(3)]
    return Partly(known, [*near, tone(tmp_path, "odd", "", 1500.0)], [])


def test_what_is_unlike_all_that_is_labelled_comes_first(partly: Partly) -> None:
    chosen, rejects = propose(partly, 2, ByPitch(), AudioParams(), strategy="k-centre")
    assert chosen[0].utterance_id == "odd"
    assert len(chosen) == 2 and rejects == []


@pytest.mark.parametrize("labelled", [0, 4])
def test_no_more_is_proposed_than_there_is(partly: Partly, labelled: int) -> None:
    some = Partly(partly.labelled[:labelled], partly.unlabelled, [])
    chosen, _ = propose(some, 50, ByPitch(), AudioParams())
    assert {row.utterance_id for row in chosen} == {"near0", "near1", "near2", "odd"}


def test_what_cannot_be_heard_is_refused_with_its_reason(partly: Partly, tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    broken = SourceUtterance("b", "t", "b", "en", "", source=tmp_path / "broken.wav")
    text = SourceUtterance("t", "t", "t", "en", "", text="hello")
    mixed = Partly(partly.labelled, [*partly.unlabelled, broken, text], [])
    chosen, rejects = propose(mixed, 9, ByPitch(), AudioParams())
    assert len(chosen) == 4
    assert {Path(reject.place).name for reject in rejects} == {"broken.wav", "t"}
    with pytest.raises(CorpusError, match="No recording"):
        propose(Partly([], [broken, text], []), 1, ByPitch(), AudioParams())
    with pytest.raises(CorpusError, match="has a label already"):
        propose(Partly(partly.labelled, [broken], []), 1, ByPitch(), AudioParams())


class Sure:
    """Is angry about every text but one, which it does not know."""

    def predict(self, audio: object, text: str | None = None, image: object = None) -> Prediction:
        if text is None:
            raise UndertoneError("There is nothing to classify.")
        emotion = "unknown" if text == "zzz" else "anger"
        there = Modalities(audio=False, text=True, image=False)
        return Prediction(
            emotion=emotion, confidence=0.8, distribution={"anger": 0.8}, modalities=there
        )


def test_a_bundle_labels_what_it_can_use() -> None:
    told = SourceUtterance("a", "t", "a", "en", "", text="leave")
    silent = SourceUtterance("b", "t", "b", "en", "")
    strange = SourceUtterance("c", "t", "c", "en", "", text="zzz")
    labels, rejects = pseudo_label(Sure(), [told, silent, strange])
    assert [
        (label.utterance.utterance_id, label.emotion, label.confidence) for label in labels
    ] == [("a", "anger", 0.8)]
    assert [(reject.place, reject.reason) for reject in rejects] == [
        ("b", "There is nothing to classify."),
        ("c", "the model answers 'unknown'"),
    ]
