from pathlib import Path

import numpy as np
import pytest
import synthetic
import torch
from PIL import Image
from transformers import ViTConfig, ViTImageProcessor, ViTModel

from undertone.training.examples import Examples
from undertone.training.fitting import fit
from undertone.training.predicting import predict


@pytest.fixture
def vit(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    sizes = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    folder = tmp_path / "vit"
    ViTModel(ViTConfig(hidden_size=16, image_size=16, patch_size=8, **sizes)).save_pretrained(
        folder
    )
    ViTImageProcessor(size={"height": 16, "width": 16}).save_pretrained(folder)
    return folder


def with_faces(examples: Examples, folder: Path) -> Examples:
    """Each emotion gets a picture of its own colour."""
    for row, emotion in enumerate(examples.rows["emotion"]):
        pixels = np.zeros((20, 20, 3), np.uint8)
        pixels[..., synthetic.LABELS.index(emotion)] = 255
        Image.fromarray(pixels).save(folder / f"{row}.png")
        examples.rows.loc[row, "image_path"] = str(folder / f"{row}.png")
    return examples


def test_learns_from_faces_alone_and_without_them(tmp_path: Path, vit: Path, whisper: Path) -> None:
    train = with_faces(synthetic.examples(4), tmp_path)
    params = synthetic.settings(
        f"listening.whisper={whisper}",
        f"model.image_encoder={vit}",
        "face.detect=false",
        "training.epochs=15",
    )
    bundle = fit(train, train, params, synthetic.LABELS)
    faces = predict(bundle, train, without=("audio", "text")).logits.argmax(1)

    assert bundle.image_processor is not None
    assert faces.tolist() == train.targets(synthetic.LABELS).tolist()
    assert np.isfinite(predict(bundle, train, without=("image",)).logits).all()


def test_a_picture_without_a_face_counts_as_none(tmp_path: Path, vit: Path, whisper: Path) -> None:
    train = with_faces(synthetic.examples(4), tmp_path)
    params = synthetic.settings(
        f"listening.whisper={whisper}", f"model.image_encoder={vit}", "training.epochs=1"
    )
    bundle = fit(train, train, params, synthetic.LABELS)
    seen, blind = predict(bundle, train), predict(bundle, train, without=("image",))

    assert np.array_equal(seen.logits, blind.logits)
    assert np.isnan(seen.by_modality["image"]).all()
