import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from graphs import graph
from pictures import astronaut, encoded
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from undertone.errors import ModelError
from undertone.face.classifier import load_classifier
from undertone.face.graph import Layout
from undertone.face.sight import see

MODELS = os.environ.get("UNDERTONE_MODELS")
XCEPTION = Path(MODELS or ".", "fer-mini-xception")
WHITE, BLACK = np.full((20, 30, 3), 255, np.uint8), np.zeros((20, 30, 3), np.uint8)
HAPPY_WHEN_BRIGHT = (0.0, 0.0, 0.0, 5.0, -5.0, 0.0, 0.0)


def write_vit(folder: Path, labels: dict[int, str]) -> Path:
    torch.manual_seed(0)
    sizes = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = ViTConfig(hidden_size=16, image_size=16, patch_size=8, **sizes)
    config.id2label, config.label2id = labels, {name: key for key, name in labels.items()}
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessor(size={"height": 16, "width": 16}).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("shape", [("n", 1, 8, 8), ("n", 8, 8, 1), ("n", 3, 8, 6)], ids=str)
def test_a_graph_without_a_word_beside_it_is_one_of_fer2013(tmp_path: Path, shape: tuple) -> None:
    (tmp_path / "m.onnx").write_bytes(graph(HAPPY_WHEN_BRIGHT, shape))
    classify = load_classifier(tmp_path)
    bright, dark = classify(WHITE), classify(BLACK)
    assert max(bright, key=bright.__getitem__) == "happiness"
    assert max(dark, key=dark.__getitem__) == "sadness"
    assert bright["happiness"] == pytest.approx(dark["sadness"], abs=1e-6)  # pixels -1 to 1
    assert sum(bright.values()) == pytest.approx(1)


def test_a_graph_is_named_and_standardised_by_what_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(graph((0.0, 5.0, 9.0)))
    labels = {"0": "Sad", "1": "joy", "2": "contempt"}
    (tmp_path / "config.json").write_text(json.dumps({"id2label": labels}))
    scaling = {"image_mean": [0.0], "image_std": [1.0]}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(scaling))
    classify = load_classifier(tmp_path)
    assert classify(BLACK) == pytest.approx({"sadness": 0.5, "happiness": 0.5})
    assert classify(WHITE)["happiness"] == pytest.approx(1 / (1 + np.exp(-5)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no graph", "no whole ONNX graph"),
        (graph((1.0, 2.0)), "2 classes, of which 7 have names"),
        (graph(HAPPY_WHEN_BRIGHT, ("n", 5)), "not pictures"),
        (graph(HAPPY_WHEN_BRIGHT, ("n", 1, "h", "w")), "not pictures"),
    ],
    ids=["broken", "unnamed", "no picture", "of any size"],
)
def test_a_graph_that_cannot_be_used_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=said):
        load_classifier(tmp_path)


def test_colours_stay_apart_in_both_orders(tmp_path: Path) -> None:
    picture = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)
    first, last = (Layout.of(shape, tmp_path) for shape in (("n", 3, 4, 4), ("n", 4, 4, 3)))
    values = first.fit(picture).astype(np.float32)
    assert np.array_equal(first.arrange(values)[0].transpose(1, 2, 0), picture)
    assert np.array_equal(last.arrange(values)[0], picture)


def test_a_model_of_transformers_answers_in_our_words(tmp_path: Path) -> None:
    folder = write_vit(tmp_path, {0: "Happy", 1: "Angry", 2: "contempt", 3: "neutral"})
    shown = load_classifier(folder)(astronaut())
    assert set(shown) == {"happiness", "anger", "neutral"}
    assert sum(shown.values()) == pytest.approx(1)


def test_a_model_that_tells_no_emotions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"LABEL_0.*no emotions"):
        load_classifier(write_vit(tmp_path, {0: "LABEL_0", 1: "LABEL_1"}))


def test_pickled_weights_are_not_loaded(tmp_path: Path) -> None:
    folder = write_vit(tmp_path, {0: "happy", 1: "sad"})
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="safetensors"):
        load_classifier(folder)


@pytest.mark.skipif(not XCEPTION.is_dir(), reason="UNDERTONE_MODELS has no fer-mini-xception")
def test_the_astronaut_smiles() -> None:
    sight = see(encoded(astronaut()), detect=True)
    assert sight.crop is not None
    shown = load_classifier(XCEPTION)(sight.crop)
    assert shown["happiness"] > 0.9
    assert set(shown) == {"anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"}
