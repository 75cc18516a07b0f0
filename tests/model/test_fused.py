from pathlib import Path

import pytest
import tiny
import torch
from torch import Tensor
from torch.testing import assert_close

from undertone.model.config import MODALITIES
from undertone.model.fused import FusedModel

INPUTS = {"audio": ("input_features",), "text": ("input_ids",), "image": ("pixel_values",)}
STATISTICS = torch.randn(2, tiny.LAYERS + 1, 2 * tiny.SIZE)


def present_without(name: str) -> Tensor:
    return torch.tensor([[modality != name for modality in MODALITIES]] * 2)


def test_gives_logits_of_all_and_of_each() -> None:
    output = tiny.model()(**tiny.batch(), labels=torch.tensor([0, 2]))

    assert output.logits.shape == (2, 3)
    assert {
        name: logits.shape for name, logits in output.logits_by_modality.items()
    } == dict.fromkeys(MODALITIES, (2, 3))
    assert output.loss.isfinite()


@pytest.mark.parametrize("name", MODALITIES)
def test_an_absent_modality_has_no_influence(name: str) -> None:
    model, batch = tiny.model(), tiny.batch()
    present = present_without(name)
    before = model(**batch, present=present, labels=torch.tensor([0, 1]))
    (key,) = INPUTS[name]
    batch[key] = (
        torch.full_like(batch[key], torch.nan)
        if batch[key].is_floating_point()
        else 29 - batch[key]
    )
    after = model(**batch, present=present, labels=torch.tensor([0, 1]))

    assert_close(after.logits, before.logits, rtol=0, atol=0)
    assert_close(after.loss, before.loss, rtol=0, atol=0)


@pytest.mark.parametrize("name", MODALITIES)
def test_an_absent_modality_sends_no_gradient_from_garbage(name: str) -> None:
    model, batch = tiny.model(), tiny.batch()
    batch["input_features"][:] = torch.nan if name == "audio" else 0.5
    batch["feature_frames"][:] = 0 if name == "audio" else 50
    model(**batch, present=present_without(name), labels=torch.tensor([0, 1])).loss.backward()

    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("name", MODALITIES)
def test_not_given_is_the_same_as_absent(name: str) -> None:
    model, batch = tiny.model(), tiny.batch()
    absent = model(**batch, present=present_without(name)).logits
    for key in INPUTS[name]:
        del batch[key]

    assert_close(model(**batch).logits, absent)


@pytest.mark.parametrize("name", MODALITIES)
def test_a_present_modality_has_influence(name: str) -> None:
    model, batch = tiny.model(), tiny.batch()

    assert not torch.allclose(
        model(**batch).logits, model(**batch, present=present_without(name)).logits
    )


def test_a_batch_says_what_its_utterances_say_alone() -> None:
    model, batch = tiny.model(), tiny.batch()
    alone = [model(**{key: value[row : row + 1] for key, value in batch.items()}) for row in (0, 1)]

    assert_close(model(**batch).logits, torch.cat([output.logits for output in alone]))


def test_statistics_stand_in_for_features() -> None:
    model, batch = tiny.model(), tiny.batch()
    there = torch.ones(2, dtype=torch.bool)
    statistics = model.acoustic.statistics(batch["input_features"], batch["feature_frames"], there)

    assert_close(
        model(acoustic_statistics=statistics).logits,
        model(
            input_features=batch["input_features"], feature_frames=batch["feature_frames"]
        ).logits,
    )


def test_embeddings_stand_in_for_tokens_and_pixels() -> None:
    model, batch = tiny.model(), tiny.batch()
    there = torch.ones(2, dtype=torch.bool)
    text = model.text.encode(batch["input_ids"], batch["attention_mask"], None, there)
    image = model.image.encode(batch["pixel_values"], there)
    given = {key: batch[key] for key in ("input_ids", "attention_mask", "pixel_values")}

    assert_close(model(text_embedding=text, image_embedding=image).logits, model(**given).logits)


def test_an_image_is_ignored_by_a_model_without_image_branch() -> None:
    model, batch = tiny.model(image_encoder=None), tiny.batch()
    without = {key: value for key, value in batch.items() if key != "pixel_values"}

    assert_close(model(**batch).logits, model(**without).logits)


def test_a_convolutional_image_encoder_fits_too() -> None:
    model = tiny.model(image_encoder=tiny.resnet())

    assert model(pixel_values=torch.randn(2, 3, 32, 32)).logits.isfinite().all()


def test_needs_something_to_classify() -> None:
    with pytest.raises(ValueError, match="at least one modality"):
        tiny.model()(present=torch.ones(1, 3, dtype=torch.bool))


def test_features_need_an_acoustic_encoder() -> None:
    model = tiny.model(acoustic_encoder=None)

    assert model(acoustic_statistics=STATISTICS).logits.shape == (2, 3)
    with pytest.raises(TypeError, match="acoustic_statistics"):
        model(input_features=torch.randn(1, 80, 100), feature_frames=torch.tensor([100]))


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    model = tiny.model()
    model.class_weights.copy_(torch.tensor([1.0, 2.0, 3.0]))
    model.acoustic.standardise.fit(torch.randn(9, tiny.LAYERS + 1, 2 * tiny.SIZE))
    model.save_pretrained(tmp_path)
    loaded = FusedModel.from_pretrained(tmp_path, local_files_only=True).eval()

    assert sorted(file.name for file in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
    assert loaded.config.labels == tiny.LABELS
    assert_close(loaded.state_dict(), model.state_dict(), rtol=0, atol=0)
    assert_close(loaded(**tiny.batch()).logits, model(**tiny.batch()).logits, rtol=0, atol=0)
