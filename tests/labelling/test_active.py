import numpy as np
import pytest
import torch

from undertone.labelling.active import (
    STRATEGIES,
    Pool,
    badge,
    diverse_margin,
    k_centre,
    least_margin,
)
from undertone.labelling.probe import Probe, Space

RNG = np.random.default_rng


def blobs(each: int = 20, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    centres = 6 * np.eye(classes, 8)
    targets = np.repeat(np.arange(classes), each)
    return centres[targets] + RNG(0).normal(0, 1, (len(targets), 8)), targets


def pool(labelled: int = 8, probabilities: bool = True) -> Pool:
    vectors, targets = blobs()
    known = np.zeros(len(vectors), bool)
    known[RNG(1).choice(len(vectors), labelled, replace=False)] = True
    if not probabilities:
        return Pool(vectors, known)
    probe = Probe().fit(vectors[known], targets[known], 4)
    return Pool(vectors, known, probe.probabilities(vectors))


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("labelled", [0, 8])
def test_every_strategy_names_open_utterances_once(name: str, labelled: int) -> None:
    known = pool(labelled, probabilities=labelled > 0)
    first, again = (STRATEGIES[name](known, 12, RNG(3)) for _ in range(2))
    assert len(set(first.tolist())) == 12
    assert not known.labelled[first].any()
    assert first.tolist() == again.tolist()


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_can_take_all_that_is_left(name: str) -> None:
    known = pool()
    chosen = STRATEGIES[name](known, len(known.open), RNG(0))
    assert sorted(chosen.tolist()) == known.open.tolist()


def test_the_most_doubtful_come_first() -> None:
    shares = np.array([[0.5, 0.5], [0.9, 0.1], [0.6, 0.4], [0.5, 0.5]])
    known = Pool(np.eye(4), np.array([False, False, False, True]), shares)
    assert least_margin(known, 2, RNG(0)).tolist() == [0, 2]


@pytest.mark.parametrize("strategy", [k_centre, diverse_margin, badge])
def test_diversity_does_not_take_the_same_twice(strategy: object) -> None:
    vectors = np.repeat(np.eye(3), 10, axis=0) * 5
    shares = np.full((30, 3), 1 / 3)
    known = Pool(vectors, np.zeros(30, bool), shares)
    chosen = strategy(known, 3, RNG(0))  # type: ignore[operator]
    assert {place // 10 for place in chosen.tolist()} == {0, 1, 2}


def test_a_probe_learns_and_leaves_unseen_emotions_out() -> None:
    vectors, targets = blobs()
    seen = targets < 3
    shares = Probe().fit(vectors[seen], targets[seen], 4).probabilities(vectors)
    assert (shares[seen].argmax(1) == targets[seen]).mean() > 0.95
    assert (shares[:, 3] == 0).all()
    assert shares.sum(1) == pytest.approx(1)
    alone = Probe().fit(vectors[:5], targets[:5], 4).probabilities(vectors)
    assert (alone[:, 0] == 1).all()


def test_a_space_keeps_distances_and_looks_at_its_pool_alone() -> None:
    statistics = torch.randn(12, 3, 8, generator=torch.Generator().manual_seed(0))
    space = Space(statistics)
    flat = statistics.flatten(1).double().numpy()
    plain = (flat - flat.mean(0)) / flat.std(0)
    wanted = np.linalg.norm(plain[0] - plain[1])
    assert np.linalg.norm(space.pool[0] - space.pool[1]) == pytest.approx(wanted)
    assert space.vectors(statistics[:2]) == pytest.approx(space.pool[:2])
