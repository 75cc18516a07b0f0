import copy
from pathlib import Path

import pytest
import synthetic
import torch
from torch.testing import assert_close

from undertone.bundle import Bundle
from undertone.config import Params, Tuning
from undertone.model.fused import FusedModel
from undertone.training.batches import acoustic_statistics, batches_of, settle
from undertone.training.beginning import begin, equip
from undertone.training.examples import Examples
from undertone.training.sources import Varied
from undertone.training.tuning import PREFIX, of_encoder, tuned


@pytest.fixture(scope="module")
def begun(whisper: Path) -> FusedModel:
    params = synthetic.settings(f"listening.whisper={whisper}")
    bundle = begin(synthetic.examples(2), params, synthetic.LABELS)
    equip(bundle, params)
    return bundle.model.eval()


@pytest.fixture
def model(begun: FusedModel) -> FusedModel:
    return copy.deepcopy(begun)


def inputs() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    tokens = torch.tensor([[2, 5, 6, 3], [2, 7, 3, 0]])
    return {
        "input_features": torch.randn(2, 80, 50),
        "input_ids": tokens,
        "attention_mask": (tokens > 0).long(),
    }


def trained(model: FusedModel) -> set[str]:
    return {name for name, weight in model.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize("tuning", ["frozen", "lora", "prefix", "full"])
def test_heads_are_always_trained(model: FusedModel, tuning: Tuning) -> None:
    with tuned(model, tuning, rank=2):
        heads = {name for name, _ in model.named_parameters() if not of_encoder(name)}
        assert heads <= trained(model)
    assert not trained(model)


def test_frozen_trains_no_pretrained_encoder(model: FusedModel) -> None:
    with tuned(model, "frozen", rank=2):
        assert {name.split(".")[0] for name in trained(model) if of_encoder(name)} == {"text"}
    model.config.text_from_scratch = False
    with tuned(model, "frozen", rank=2):
        assert not any(map(of_encoder, trained(model)))


def test_lora_trains_adapters_of_all_encoders(model: FusedModel) -> None:
    with tuned(model, "lora", rank=2):
        names = {name for name in trained(model) if of_encoder(name)}
    assert all(".lora_" in name for name in names)
    assert {name.split(".")[0] for name in names} == {"acoustic", "text"}


def test_full_trains_everything(model: FusedModel) -> None:
    with tuned(model, "full", rank=2):
        assert all(weight.requires_grad for weight in model.parameters())


def test_fresh_adapters_change_nothing_and_merging_what_they_learnt_neither(
    model: FusedModel,
) -> None:
    batch, names = inputs(), set(model.state_dict())
    plain = model(**batch).logits
    with tuned(model, "lora", rank=2):
        assert_close(model(**batch).logits, plain)
        for name, weight in model.named_parameters():
            if ".lora_B." in name:
                torch.nn.init.normal_(weight, std=0.3)
        adapted = model(**batch).logits
    assert not torch.allclose(adapted, plain)
    assert_close(model(**batch).logits, adapted, rtol=1e-4, atol=1e-5)
    assert set(model.state_dict()) == names


def test_prefix_trains_the_states_before_each_layer_alone(model: FusedModel) -> None:
    encoder = model.acoustic.encoder
    assert encoder is not None
    plain = model(**inputs()).logits
    encoder.add_prefix(3)
    with tuned(model, "prefix", rank=2):
        assert {name for name in trained(model) if of_encoder(name)} == {PREFIX}
        model(**inputs(), labels=torch.tensor([0, 1])).loss.backward()
    assert encoder.prefix is not None
    assert encoder.prefix.grad is not None
    assert encoder.prefix.grad.flatten(1).any(1).all()
    assert not torch.allclose(model(**inputs()).logits, plain)


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_layers_below_are_left_as_they_are(model: FusedModel, tuning: Tuning) -> None:
    with tuned(model, tuning, rank=2, below=1):
        names = {name for name in trained(model) if name.startswith("acoustic.encoder.")}
    assert names
    assert not any("conv" in name or "positions" in name or "layers.0." in name for name in names)
    assert any("layers.1." in name for name in names)


@pytest.fixture
def hearing(whisper: Path, tmp_path: Path) -> tuple[Bundle, Examples, Params]:
    """A bundle with an encoder of its own, and recordings for it to hear, with a view each."""
    frame = synthetic.rows(2)
    corpus, _ = synthetic.write_folders(tmp_path, frame)
    frame["path"] = [str(corpus / path) for path in frame["path"]]
    statistics = synthetic.statistics(frame)
    examples = Examples(frame, statistics, statistics[:, None])
    params = synthetic.settings(f"listening.whisper={whisper}", "training.tuning=full")
    bundle = begin(examples, params, synthetic.LABELS)
    equip(bundle, params)
    return bundle, examples, params


@pytest.mark.parametrize("view", [0, 1])
def test_what_is_kept_of_the_layers_below_changes_nothing(
    hearing: tuple[Bundle, Examples, Params], view: int
) -> None:
    bundle, examples, params = hearing
    with tuned(bundle.model, "full", rank=2, below=1):
        whole = batches_of(bundle, examples, params.audio, views=(view,))
        kept = settle(bundle.model, whole, below=1)
        names = set(kept[0])
        logits = [bundle.model(**part.__getitems__(range(6))).logits for part in (whole, kept)]
    assert "acoustic_states" in names
    assert "input_features" not in names
    assert_close(*logits, rtol=0, atol=0.02)


@pytest.mark.parametrize("below", [0, 1])
def test_a_model_that_hears_by_itself_learns_from_views_too(
    hearing: tuple[Bundle, Examples, Params], below: int
) -> None:
    bundle, examples, params = hearing
    with tuned(bundle.model, "full", rank=2, below=below):
        batches = batches_of(bundle, examples, params.audio, views=examples.numbers())
        ready = settle(bundle.model, batches, below=below)
        taken = [ready[0] for _ in range(20)]
    (name,) = {"acoustic_states", "input_features"} & set(taken[0])
    assert len({float(batch[name].float().square().sum()) for batch in taken}) == 2


def test_frozen_layers_are_heard_once_in_every_view(
    hearing: tuple[Bundle, Examples, Params],
) -> None:
    bundle, examples, params = hearing
    bundle.model.requires_grad_(requires_grad=False)
    views = batches_of(bundle, examples, params.audio, views=examples.numbers())
    source = settle(bundle.model, views).sources[0]
    assert isinstance(source, Varied)
    plain = acoustic_statistics(bundle.model, batches_of(bundle, examples, params.audio))
    assert_close(source.views[0], plain)
    assert not torch.allclose(source.views[1], plain)
