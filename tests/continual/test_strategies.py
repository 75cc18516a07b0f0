from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from tests.training import synthetic
from undertone.bundle import Bundle, save_bundle
from undertone.config import Params, StrategyName
from undertone.continual.adapting import adapt
from undertone.continual.replay import reservoir, sizes_of
from undertone.continual.retraining import gather
from undertone.continual.strategies import STRATEGIES
from undertone.evaluation.metrics import uar
from undertone.training import predict
from undertone.training.examples import Examples
from undertone.training.learning import learn

SPLIT_OF = ["train"] * 5 + ["validation"] * 2 + ["test"] * 2

Adapted = Callable[[StrategyName], Bundle]


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    whisper = synthetic.write_whisper(tmp_path_factory.mktemp("models") / "whisper")
    return synthetic.settings(f"listening.whisper={whisper}", "training.epochs=20")


@pytest.fixture(scope="module")
def old() -> Examples:
    return made(synthetic.rows_in_splits(SPLIT_OF, each=2))


@pytest.fixture(scope="module")
def champion(old: Examples, params: Params) -> Bundle:
    train, validation = (old.of_split(split) for split in ("train", "validation"))
    return learn(train, validation, params, synthetic.LABELS)[0]


@pytest.fixture(scope="module")
def new() -> Examples:
    """Other voices over a line that turns one emotion into the sound of the next."""
    frame = synthetic.rows(speakers=9, each=2, first=20).assign(split=None, text=None)
    told = made(frame)
    return replace(told, statistics=told.statistics.roll(1, dims=-1))


def made(frame: pd.DataFrame) -> Examples:
    return Examples(frame, synthetic.statistics(frame))


def with_strategy(params: Params, name: StrategyName, **changes: float) -> Params:
    changed = {"strategy": name, "learning_rate": 0.005, "epochs": 20} | changes
    return params.model_copy(update={"continual": params.continual.model_copy(update=changed)})


def score(bundle: Bundle, examples: Examples) -> float:
    guess = predict(bundle, examples).logits.argmax(axis=1)
    return uar(examples.targets(bundle.labels), guess, len(bundle.labels))


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_learns_the_new_and_gives_a_bundle_like_the_champion(
    name: StrategyName,
    champion: Bundle,
    old: Examples,
    new: Examples,
    params: Params,
    tmp_path: Path,
) -> None:
    chosen = with_strategy(params, name)
    material = gather(old, new, chosen)
    before = {key: value.clone() for key, value in champion.model.state_dict().items()}
    bundle = adapt(champion, material, chosen)
    assert score(bundle, material.new) > score(champion, material.new)
    assert bundle.info["continual"]["strategy"] == name
    rehearsed = {"nothing": 0, "some": 30, "everything": 30}[STRATEGIES[name].rehearses]
    assert bundle.info["continual"]["replayed"] == rehearsed
    save_bundle(bundle, tmp_path / "bundle")
    again = Bundle.load(tmp_path / "bundle")
    assert again.model.state_dict().keys() == before.keys()
    assert bool(again.importance) is (name == "ewc")
    assert all(
        torch.equal(value, before[key]) for key, value in champion.model.state_dict().items()
    )


@pytest.mark.parametrize(
    ("name", "weight"), [("ewc", {"ewc_weight": 1e7}), ("lwf", {"lwf_weight": 1e3})]
)
def test_a_heavy_penalty_keeps_what_was_known(
    name: StrategyName,
    weight: dict[str, float],
    champion: Bundle,
    old: Examples,
    new: Examples,
    params: Params,
) -> None:
    distances = []
    for changes in ({}, weight):
        chosen = with_strategy(params, name if changes else "naive", **changes)
        bundle = adapt(champion, gather(old, new, chosen), chosen)
        said = (predict(one, gather(old, new, chosen).new).logits for one in (champion, bundle))
        distances.append(float(abs(next(said) - next(said)).mean()))
    assert distances[1] < 0.5 * distances[0]


def test_an_adapter_trains_few_weights(
    champion: Bundle, old: Examples, new: Examples, params: Params
) -> None:
    trained = {}
    for name in ("naive", "lora"):
        chosen = with_strategy(params, name)
        bundle = adapt(champion, gather(old, new, chosen), chosen)
        trained[name] = bundle.info["trained_parameters"]
    assert 0 < trained["lora"] < trained["naive"]


def test_importance_adds_up_over_domains(
    champion: Bundle, old: Examples, new: Examples, params: Params
) -> None:
    chosen = with_strategy(params, "ewc")
    once = adapt(champion, gather(old, new, chosen), chosen)
    twice = adapt(once, gather(old, new, chosen), chosen)
    name = "fusion.joint.0.weight"
    assert (twice.importance[name] >= once.importance[name]).all()
    assert twice.importance[name].sum() > once.importance[name].sum() > 0


def test_a_reservoir_keeps_to_its_bytes_and_to_all_domains(old: Examples, new: Examples) -> None:
    both = Examples.concat(
        [
            replace(examples, rows=examples.rows.assign(corpus=name, path=None))
            for examples, name in ((old, "old"), (new, "new"))
        ]
    )
    megabytes = float(sizes_of(both).sum()) / 1e6 / 3
    kept = reservoir(both, megabytes, seed=0)
    assert megabytes / 2 < sizes_of(kept).sum() / 1e6 <= megabytes
    assert abs(kept.rows["corpus"].value_counts().diff().iloc[-1]) <= 1
    assert set(kept.rows["emotion"]) == set(synthetic.LABELS)
