import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from undertone.dimensions import concordance, moments
from undertone.model.loss import concordance_loss, drop_modalities, weighted_cross_entropy

LOGITS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 0, 1, 0])
WEIGHTS = torch.tensor([0.5, 1.0, 4.0])


def test_equals_torch_where_all_rows_count() -> None:
    expected = cross_entropy(LOGITS, LABELS, WEIGHTS, label_smoothing=0.1)

    assert_close(weighted_cross_entropy(LOGITS, LABELS, WEIGHTS, 0.1), expected)


def test_rows_that_do_not_count_change_nothing() -> None:
    counted = torch.tensor([True, True, False, True, False, True])
    expected = weighted_cross_entropy(LOGITS[counted], LABELS[counted], WEIGHTS, 0.1)

    assert_close(weighted_cross_entropy(LOGITS, LABELS, WEIGHTS, 0.1, counted), expected)


def test_no_row_that_counts_is_no_loss() -> None:
    nobody = torch.zeros(6, dtype=torch.bool)

    assert weighted_cross_entropy(LOGITS, LABELS, WEIGHTS, 0.1, nobody) == 0


def test_a_heavy_class_pulls_harder() -> None:
    logits = torch.zeros(2, 3, requires_grad=True)
    weighted_cross_entropy(logits, torch.tensor([0, 2]), WEIGHTS, 0.0).backward()

    assert logits.grad is not None
    assert_close(logits.grad[1, 2] / logits.grad[0, 0], WEIGHTS[2] / WEIGHTS[0])


@given(rows=st.lists(st.tuples(*[st.booleans()] * 3), min_size=1), chance=st.floats(0, 0.99))
def test_dropping_modalities_only_takes_and_never_takes_all(
    rows: list[tuple[bool, bool, bool]], chance: float
) -> None:
    present = torch.tensor(rows)
    kept = drop_modalities(present, chance)

    assert not (kept & ~present).any()
    assert torch.equal(kept.any(1), present.any(1))


def test_concordance_loss_is_one_less_the_coefficient_of_known_entries() -> None:
    torch.manual_seed(0)
    guess, wanted = torch.rand(9, 3), torch.rand(9, 3)
    wanted[:3, 0] = torch.nan
    wanted[1:, 2] = torch.nan  # one known entry is too few
    columns = [
        1 - float(concordance(moments(wanted[known, k], guess[known, k]).sum(axis=0)))
        for k, known in ((0, slice(3, None)), (1, slice(None)))
    ]
    assert float(concordance_loss(guess, wanted)) == pytest.approx(sum(columns) / 2, abs=1e-5)


def test_concordance_loss_of_no_labels_is_nothing_to_learn_from() -> None:
    guess = torch.rand(4, 3, requires_grad=True)
    loss = concordance_loss(guess, torch.full((4, 3), torch.nan))
    loss.backward()
    assert loss.item() == 0
    assert not guess.grad.any()
