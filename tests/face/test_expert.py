from pathlib import Path

import numpy as np
import pytest
from graphs import graph

from undertone.config import FaceParams
from undertone.errors import ModelError
from undertone.face.expert import FaceExpert, joint, likelihood
from undertone.face.learning import fit_trust

MODEL = {"anger": 0.5, "boredom": 0.2, "happiness": 0.2, "neutral": 0.1}
SMILE = {"anger": 0.1, "happiness": 0.7, "neutral": 0.2}


def silent(_: object) -> dict[str, float]:
    raise AssertionError("nobody looks")


def test_a_face_moves_the_answer_towards_what_it_shows() -> None:
    joined = FaceExpert(silent, trust=1.0).join(MODEL, SMILE)
    weights = np.array([0.5 * 0.1, 0.2 * 0.7, 0.1 * 0.2])
    assert sum(joined.values()) == pytest.approx(1)
    assert joined["boredom"] == pytest.approx(0.2)  # a face tells nothing of it
    told = [joined[name] for name in ("anger", "happiness", "neutral")]
    assert told == pytest.approx(0.8 * weights / weights.sum())


def test_trust_is_how_far_it_moves() -> None:
    shares = [FaceExpert(silent, trust).join(MODEL, SMILE)["happiness"] for trust in (0, 0.5, 1)]
    assert shares[0] == pytest.approx(MODEL["happiness"])
    assert shares[0] < shares[1] < shares[2]


def test_no_face_is_a_veto() -> None:
    sure = {"anger": 0.0, "happiness": 1.0}
    joined = FaceExpert(silent, trust=1.0).join({"anger": 0.999, "happiness": 0.001}, sure)
    assert 0 < joined["anger"] < 0.999


def test_calm_shows_the_face_of_neutral() -> None:
    found = likelihood(["calm", "neutral", "boredom"], {"neutral": 0.4, "anger": 0.6})
    assert found[:2].tolist() == [0.4, 0.4]
    assert np.isnan(found[2])


@pytest.mark.parametrize(("right", "least", "most"), [(0.9, 0.5, 1.0), (0.0, 0.0, 0.1)])
def test_trust_is_learnt_from_how_often_faces_are_right(
    right: float, least: float, most: float
) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 400)
    shown = np.where(rng.random(400) < right, truth, rng.integers(0, 4, 400))
    faces = np.full((400, 4), 0.04)
    faces[np.arange(400), shown] = 0.88
    priors = np.full((400, 4), 0.25)
    trust = fit_trust(priors, faces, truth)
    assert least <= trust <= most
    confidence = joint(priors, faces, trust).max(axis=1).mean()
    assert confidence == pytest.approx((shown == truth).mean(), abs=0.05)


def test_settings_name_the_expert(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(graph((0.0,) * 7))
    params = FaceParams(classifier=str(tmp_path), trust=0.3)
    plain = FaceExpert.load(params)
    learnt = FaceExpert.load(params, {"classifier": str(tmp_path), "trust": 0.8})
    other = FaceExpert.load(params, {"classifier": "another", "trust": 0.8})
    assert plain is not None and learnt is not None and other is not None
    assert (plain.trust, learnt.trust, other.trust) == (0.3, 0.8, 0.3)


def test_a_missing_classifier_is_an_error_only_where_it_is_required(tmp_path: Path) -> None:
    assert FaceExpert.load(FaceParams()) is None
    assert FaceExpert.load(FaceParams(classifier="nowhere", required=False)) is None
    with pytest.raises(ModelError, match="nowhere"):
        FaceExpert.load(FaceParams(classifier="nowhere"))
    (tmp_path / "m.onnx").write_bytes(b"broken")
    with pytest.raises(ModelError, match="no whole ONNX"):
        FaceExpert.load(FaceParams(classifier=str(tmp_path), required=False))
