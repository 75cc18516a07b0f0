import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.testing import assert_close
from transformers import BertConfig, ViTConfig, ViTImageProcessor

from undertone.bundle import FILES, Bundle, save_bundle
from undertone.errors import ModelError
from undertone.model.config import FusedConfig
from undertone.model.fused import FusedModel
from undertone.training.tokenizer import train_tokenizer

LABELS = ("anger", "calm", "neutral")
SIZES = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}


def bundle() -> Bundle:
    torch.manual_seed(0)
    tokenizer = train_tokenizer(["stop that", "all is well"])
    config = FusedConfig(
        labels=LABELS,
        statistics_shape=(3, 8),
        text_encoder=BertConfig(vocab_size=len(tokenizer), hidden_size=8, **SIZES).to_dict(),
        image_encoder=ViTConfig(hidden_size=8, image_size=16, patch_size=8, **SIZES).to_dict(),
        hidden_size=8,
    )
    return Bundle(
        FusedModel(config).eval(),
        tokenizer,
        temperature=1.7,
        info={"seed": 3, "curves": {"heads": []}},
        preprocessor={"feature_size": 80},
        image_processor=ViTImageProcessor(size={"height": 16, "width": 16}),
        card="# A model",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_bundle(bundle(), tmp_path / "bundle")
    return tmp_path / "bundle"


def test_loads_what_was_saved(folder: Path) -> None:
    saved, loaded = bundle(), Bundle.load(folder)

    assert loaded.labels == LABELS
    assert (loaded.temperature, loaded.info, loaded.card) == (1.7, saved.info, "# A model")
    assert loaded.preprocessor == {"feature_size": 80}
    assert loaded.image_processor is not None
    assert not loaded.model.training
    assert loaded.tokenizer("stop that").input_ids == saved.tokenizer("stop that").input_ids
    assert_close(loaded.model.state_dict(), saved.model.state_dict(), rtol=0, atol=0)


def test_holds_no_pickle(folder: Path) -> None:
    assert not [file for file in folder.rglob("*") if file.suffix in {".bin", ".pt", ".pkl"}]
    assert set(FILES) < {file.name for file in folder.iterdir()}


def test_temperature_flattens_the_distribution() -> None:
    logits = torch.tensor([[2.0, 0.0, -1.0]])
    shares = bundle().distribution(logits)

    assert_close(shares, torch.softmax(logits / 1.7, dim=-1))
    assert shares.max() < torch.softmax(logits, dim=-1).max()


@pytest.mark.parametrize("name", FILES)
def test_a_bundle_that_lacks_a_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(ModelError, match=name):
        Bundle.load(folder)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        Bundle.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "optimizer.pt", "labels.pkl"])
def test_pickles_are_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"cos\nsystem\n")

    with pytest.raises(ModelError, match="safetensors"):
        Bundle.load(folder)


@pytest.mark.parametrize("name", ["config.json", "calibration.json", "model.safetensors"])
def test_a_file_cut_short_is_refused(folder: Path, name: str) -> None:
    file = folder / name
    file.write_bytes(file.read_bytes()[:20])

    with pytest.raises(ModelError, match="cannot be read"):
        Bundle.load(folder)


def test_weights_that_are_missing_are_refused(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["fusion.absent"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ModelError, match=r"fusion\.absent"):
        Bundle.load(folder)


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 12}))

    with pytest.raises(ModelError, match=r"another shape|cannot be read"):
        Bundle.load(folder)


def test_a_bundle_that_fails_to_be_written_leaves_the_old_one(folder: Path) -> None:
    broken = bundle()
    broken.info = {"unwritable": object()}

    with pytest.raises(TypeError):
        save_bundle(broken, folder)
    assert Bundle.load(folder).info["seed"] == 3
