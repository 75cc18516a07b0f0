import json

import pytest
import torch
from graphs import graph
from pictures import astronaut, encoded, landscape, noise
from transformers import BertConfig, ViTConfig, ViTImageProcessor

from undertone.bundle import Bundle
from undertone.config import FaceParams, ListeningParams, Params
from undertone.errors import UndertoneError
from undertone.inference import Predictor
from undertone.model.config import FusedConfig
from undertone.model.fused import FusedModel
from undertone.prediction import Prediction
from undertone.speech.listener import Listener
from undertone.training.tokenizer import train_tokenizer

LABELS = ("anger", "boredom", "happiness")
TEXT = "leave me alone"
TINY = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
FACELESS = [encoded(landscape()), encoded(noise(0)), encoded(noise(1)[:5, :5])]


class Deaf(Listener):
    """A listener for predictions from texts and images."""

    def __init__(self) -> None:
        self.encoder = type("Encoder", (), {"statistics_shape": (1, 2), "fingerprint": str})()


def bundle(**changes: object) -> Bundle:
    tokenizer = train_tokenizer([TEXT, "i am so happy"])
    text = BertConfig(vocab_size=len(tokenizer), hidden_size=16, **TINY).to_dict()
    torch.manual_seed(0)
    settings = {"statistics_shape": (1, 2), "text_encoder": text, "hidden_size": 16}
    return Bundle(FusedModel(FusedConfig(labels=LABELS, **settings | changes)).eval(), tokenizer)


def predictor(face: FaceParams, given: Bundle | None = None) -> Predictor:
    params = Params(face=face, listening=ListeningParams(whisper="whisper-demo"))
    return Predictor(given or bundle(), Deaf(), params)


@pytest.fixture(scope="module")
def expert(tmp_path_factory: pytest.TempPathFactory) -> FaceParams:
    """Says anger by six to one of every face."""
    folder = tmp_path_factory.mktemp("faces")
    (folder / "m.onnx").write_bytes(graph((0.0,) * 7))
    labels = {str(key): name for key, name in enumerate(("happy", *["angry"] * 6))}
    (folder / "config.json").write_text(json.dumps({"id2label": labels}))
    return FaceParams(classifier=str(folder))


def said(prediction: Prediction) -> dict[str, object]:
    return prediction.model_dump(exclude={"face", "timings_ms"})


def test_a_face_counts_as_one_more_expert(expert: FaceParams) -> None:
    without = predictor(expert).predict(None, TEXT)
    seen = predictor(expert).predict(None, TEXT, encoded(astronaut()))
    assert seen.face is not None and seen.face.found and seen.face.count == 1
    assert (
        seen.face.box is not None and seen.face.box[0] < 225 < seen.face.box[0] + seen.face.box[2]
    )
    assert seen.face.distribution == pytest.approx({"happiness": 1 / 7, "anger": 6 / 7})
    assert seen.modalities.model_dump() == {"audio": False, "text": True, "image": True}
    assert seen.distribution["anger"] > without.distribution["anger"]
    assert seen.distribution["boredom"] == pytest.approx(without.distribution["boredom"])
    assert sum(seen.by_modality["image"].values()) == pytest.approx(1)
    assert without.face is None and not without.modalities.image


@pytest.mark.parametrize("image", FACELESS, ids=["landscape", "noise", "a speck"])
@pytest.mark.parametrize("learned", [False, True], ids=["expert", "branch"])
def test_a_faceless_image_changes_nothing_but_a_flag(
    expert: FaceParams, image: bytes, learned: bool
) -> None:
    seer = predictor(FaceParams(), with_branch()) if learned else predictor(expert)
    without, faceless = seer.predict(None, TEXT), seer.predict(None, TEXT, image)
    assert said(faceless) == said(without)
    assert faceless.face is not None and not faceless.face.found
    assert faceless.face.count == 0 and faceless.face.box is None


def test_an_expert_changes_nothing_where_there_is_no_image(expert: FaceParams) -> None:
    assert said(predictor(expert).predict(None, TEXT)) == said(
        predictor(FaceParams()).predict(None, TEXT)
    )


def test_a_face_alone_is_enough(expert: FaceParams) -> None:
    alone = predictor(expert).predict(None, image=encoded(astronaut()))
    assert alone.emotion == "anger"
    assert alone.distribution == alone.by_modality["image"]
    assert alone.distribution["boredom"] == pytest.approx(1 / 3)


def test_an_image_without_a_face_alone_is_refused(expert: FaceParams) -> None:
    with pytest.raises(UndertoneError, match="no face was found"):
        predictor(expert).predict(None, image=FACELESS[0])


def test_what_is_a_face_already_is_not_searched(expert: FaceParams) -> None:
    cut = predictor(expert.model_copy(update={"detect": False}))
    assert cut.predict(None, image=FACELESS[0]).face is not None


def with_branch() -> Bundle:
    vision = ViTConfig(hidden_size=16, image_size=16, patch_size=8, **TINY).to_dict()
    seeing = bundle(image_encoder=vision)
    seeing.image_processor = ViTImageProcessor(size={"height": 16, "width": 16})
    return seeing


def test_a_branch_of_the_bundle_needs_no_expert_and_sees_the_face_alone() -> None:
    seer = predictor(FaceParams(classifier="nowhere"), with_branch())
    whole = seer.predict(None, TEXT, encoded(astronaut()))
    around = astronaut()
    around[300:] = 0
    assert whole.face is not None and whole.face.distribution == {}
    assert whole.modalities.image
    assert said(seer.predict(None, TEXT, encoded(around))) == said(whole)


def test_the_learnt_trust_counts(expert: FaceParams) -> None:
    deaf = bundle()
    deaf.info = {"face": {"classifier": expert.classifier, "trust": 0.0, "faces": 30}}
    ignored = predictor(expert, deaf).predict(None, TEXT, encoded(astronaut()))
    plain = predictor(expert).predict(None, TEXT)
    assert ignored.distribution == pytest.approx(plain.distribution)
