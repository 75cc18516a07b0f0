import pytest
import torch
from torch import Tensor

from tests.model import tiny
from undertone.model.novelty import Novelty

SIZE, RANK = 40, 4


@pytest.fixture
def speech() -> Tensor:
    torch.manual_seed(0)
    hidden = torch.randn(400, RANK) * torch.tensor([9.0, 5.0, 3.0, 2.0])
    return hidden @ torch.randn(RANK, SIZE) / SIZE**0.5 + 0.3 * torch.randn(400, SIZE) + 1.0


def fitted(speech: Tensor) -> Novelty:
    novelty = Novelty(SIZE, RANK)
    novelty.fit(speech[:300])
    return novelty


def test_speech_as_in_training_lies_at_one(speech: Tensor) -> None:
    assert fitted(speech)(speech[300:]).mean() == pytest.approx(1.0, abs=0.15)


def test_what_varies_otherwise_lies_far_out(speech: Tensor) -> None:
    novelty = fitted(speech)
    strange = 1.0 + 3.0 * torch.randn(100, SIZE)
    assert novelty(strange).min() > 5 * novelty(speech[300:]).max()


def test_a_step_costs_less_where_speech_varies(speech: Tensor) -> None:
    novelty = fitted(speech)
    along, across = novelty.directions[0], torch.randn(SIZE)
    across -= (novelty.directions @ across) @ novelty.directions
    steps = torch.stack([along, across / across.norm()]) + novelty.mean
    usual, unusual = novelty(steps).tolist()
    assert usual < unusual / 10


def test_fewer_recordings_than_directions_do() -> None:
    torch.manual_seed(0)
    novelty = Novelty(SIZE, 32)
    novelty.fit(torch.randn(5, SIZE))
    assert torch.isfinite(novelty(torch.randn(3, SIZE))).all()
    assert not novelty.directions[4:].any()


def test_the_model_measures_it_where_there_is_a_recording() -> None:
    model = tiny.model()
    present = torch.tensor([[True, True, True], [False, True, True]])
    novelty = model(**tiny.batch(), present=present).novelty
    assert torch.isfinite(novelty[0])
    assert torch.isnan(novelty[1])
    assert model.train()(**tiny.batch()).novelty is None
