import copy

import torch
from torch import Tensor

from tests.model import tiny
from undertone.model.adapters import DOWN, adapted, adapter_between
from undertone.model.fused import FusedModel

RANK = 2


def tuned(model: FusedModel, seed: int) -> FusedModel:
    """The model with a low-rank change in its fusion and its projections."""
    generator = torch.Generator().manual_seed(seed)
    other = copy.deepcopy(model)
    for layer in (other.fusion.joint[0], other.fusion.heads["audio"], other.text.project[1]):
        tiny.nudge(layer, generator, RANK)
    return other


@torch.no_grad()
def logits(model: FusedModel) -> Tensor:
    found = model(**tiny.batch()).logits
    assert found is not None
    return found


def test_an_adapter_makes_one_model_of_the_other() -> None:
    base = tiny.model()
    other = tuned(base, 1)
    adapter = adapter_between(base, other, RANK)
    assert {name.removesuffix(DOWN) for name in adapter if name.endswith(DOWN)} == {
        "fusion.joint.0",
        "fusion.heads.audio",
        "text.project.1",
    }
    assert all(min(tensor.shape) == RANK for tensor in adapter.values())
    plain = logits(base)
    with adapted(base, [adapter]):
        assert torch.allclose(logits(base), logits(other), atol=1e-4)
    assert not torch.allclose(plain, logits(other), atol=1e-2)
    assert torch.equal(logits(base), plain)  # and it is left as it was


def test_each_row_of_a_batch_has_its_own() -> None:
    base = tiny.model()
    first, second = (tuned(base, seed) for seed in (1, 2))
    adapters = [adapter_between(base, other, RANK) for other in (first, second)]
    whole = [logits(other) for other in (first, second)]
    with adapted(base, adapters):
        mixed = logits(base)
    assert torch.allclose(mixed[0], whole[0][0], atol=1e-4)
    assert torch.allclose(mixed[1], whole[1][1], atol=1e-4)
    with adapted(base, [{}, adapters[1]]):
        mixed = logits(base)
    assert torch.allclose(mixed[0], logits(base)[0], atol=1e-6)
    assert torch.allclose(mixed[1], whole[1][1], atol=1e-4)


def test_nothing_tuned_is_no_adapter() -> None:
    base = tiny.model()
    assert adapter_between(base, copy.deepcopy(base), RANK) == {}
