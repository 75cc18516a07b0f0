from pathlib import Path

import numpy as np
import pytest
from graphs import graph
from PIL import Image

from tests.training import synthetic
from undertone.config import FaceParams
from undertone.face.learning import learn_trust
from undertone.training.examples import Examples

LOOKS = {"anger": 0, "neutral": 128, "sadness": 255}


def with_faces(examples: Examples, folder: Path, shown: list[str]) -> Examples:
    """Each utterance gets a picture as bright as the emotion that it shows."""
    for row, emotion in enumerate(shown):
        Image.new("L", (16, 16), LOOKS[emotion]).save(folder / f"{row}.png")
        examples.rows.loc[row, "image_path"] = str(folder / f"{row}.png")
    return examples


@pytest.fixture
def params(tmp_path: Path) -> FaceParams:
    """A classifier that takes dark for anger and bright for sadness."""
    (tmp_path / "m.onnx").write_bytes(graph((-4.0, -9.0, -9.0, -9.0, 4.0, -9.0, 0.0)))
    return FaceParams(classifier=str(tmp_path), detect=False)


def test_faces_that_tell_the_emotion_are_trusted_and_others_are_not(
    tmp_path: Path, params: FaceParams
) -> None:
    examples = synthetic.examples(10)
    unsure = np.zeros((len(examples), 3))
    truth = examples.rows["emotion"].tolist()
    right = learn_trust(unsure, with_faces(examples, tmp_path, truth), synthetic.LABELS, params)
    wrong = learn_trust(
        unsure, with_faces(examples, tmp_path, truth[1:] + truth[:1]), synthetic.LABELS, params
    )
    assert right is not None and wrong is not None
    assert right["classifier"] == params.classifier
    assert right["faces"] == len(examples)
    assert right["trust"] > 0.9
    assert wrong["trust"] < 0.1


def test_without_faces_or_a_classifier_nothing_is_learnt(
    tmp_path: Path, params: FaceParams
) -> None:
    examples = synthetic.examples(10)
    unsure = np.zeros((len(examples), 3))
    looked = params.model_copy(update={"detect": True})
    assert learn_trust(unsure, examples, synthetic.LABELS, params) is None
    seen = with_faces(examples, tmp_path, examples.rows["emotion"].tolist())
    assert learn_trust(unsure, seen, synthetic.LABELS, looked) is None
    assert learn_trust(unsure, seen, synthetic.LABELS, FaceParams()) is None
