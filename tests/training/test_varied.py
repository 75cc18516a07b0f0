from dataclasses import replace

import synthetic
import torch
from torch.testing import assert_close

from undertone.config import Params
from undertone.training.batches import batches_of
from undertone.training.examples import Examples
from undertone.training.fitting import fit
from undertone.training.predicting import predict
from undertone.training.sources import Varied

TELEPHONE = 40.0


def varied(speakers: int, first: int = 0) -> Examples:
    """Examples with two views: one as they are, one moved far in every direction."""
    plain = synthetic.examples(speakers, 2, first)
    views = torch.stack([plain.statistics, plain.statistics + TELEPHONE], dim=1)
    return replace(plain, views=views)


def test_a_batch_takes_a_view_of_each_example() -> None:
    values = torch.arange(5.0)[:, None]
    source = Varied("acoustic_statistics", [values, values + 10, values + 20])
    index = torch.tensor([3, 1]).repeat(200)
    torch.manual_seed(0)
    taken = source.batch(index)["acoustic_statistics"]

    assert sorted(set(taken[::2, 0].tolist())) == [3, 13, 23]
    assert sorted(set(taken[1::2, 0].tolist())) == [1, 11, 21]
    assert 0.25 < (taken < 10).float().mean() < 0.42


def test_only_what_trains_is_varied(params: Params) -> None:
    train = varied(3)
    bundle = fit(train, train, params, synthetic.LABELS)
    plain = batches_of(bundle, train, params.audio)

    assert train.numbers() == range(3)
    assert replace(train, views=None).numbers() == range(1)
    assert not isinstance(plain.sources[0], Varied)
    assert torch.equal(plain[0]["acoustic_statistics"], train.statistics[:1])


def test_what_was_trained_on_is_nothing_new(params: Params) -> None:
    train, validation = varied(4), varied(2, first=4)
    moved = replace(validation, statistics=validation.statistics + TELEPHONE)
    novelty = {}
    for name, given in (("plain", replace(train, views=None)), ("varied", train)):
        bundle = fit(given, validation, params, synthetic.LABELS)
        novelty[name] = predict(bundle, moved).novelty.mean()
        heard = given.heard()
        assert_close(bundle.model.acoustic.standardise.mean, heard.mean(0))

    assert novelty["varied"] < novelty["plain"] / 10
