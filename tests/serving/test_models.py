"""Which weights are read when a model is loaded."""

import gc
from dataclasses import dataclass, field

import pytest
from serving_harness import register_made_up, write_bundle, write_evaluation

from serving.models import Models
from undertone.config import Params


@dataclass(eq=False)
class Made:
    bundle: str
    onto: "Made | None" = None


@dataclass
class Loading:
    """Makes predictors, and notes of what."""

    read: list[str] = field(default_factory=list)

    def __call__(self, bundle, params, onto=None):
        name = (bundle / "model.safetensors").read_text()
        if onto is None:
            self.read.append(name)
        return Made(name, onto)


@pytest.fixture
def loading():
    return Loading()


@pytest.fixture
def models(registry, loading):
    return Models(registry, loading, Params())


@pytest.fixture
def adapter_of(registry, tmp_path):
    """Register a bundle that has an adapter on its parent."""

    def _register(parent: str, name: str) -> str:
        folder = tmp_path / "made" / name
        bundle = write_bundle(folder / "bundle", name.encode())
        (bundle / "adapter.safetensors").write_bytes(b"little")
        write_evaluation(folder / "evaluation")
        return register_made_up(registry, folder, name, parent=parent)

    return _register


def test_adapters_share_the_weights_of_their_base(registry, register, adapter_of, models, loading):
    base = register("base")
    first, second = (registry.show(adapter_of(base, name)) for name in ("clinic", "bank"))
    ours = [models.load(model) for model in (first, registry.show(base), second)]
    assert [one.bundle for one in ours] == ["clinic", "base", "bank"]
    assert ours[0].onto is ours[1] is ours[2].onto
    assert loading.read == ["base"]


def test_an_adapter_on_an_older_champion_keeps_it_in_memory_as_long_as_it_is_used(
    registry, register, adapter_of, models, loading
):
    old, new = register("old"), register("new")
    own = models.load(registry.show(adapter_of(old, "clinic")))
    models.load(registry.show(new))
    other = models.load(registry.show(adapter_of(old, "bank")))
    assert loading.read == ["old", "new"]
    assert own.onto is other.onto
    del own, other
    gc.collect()
    models.load(registry.show(old))
    assert loading.read == ["old", "new", "old"]


def test_a_model_whose_base_is_gone_is_loaded_whole(
    registry, register, adapter_of, models, loading, caplog
):
    base = register("base")
    own = registry.show(adapter_of(base, "clinic"))
    folder = registry.show(base).path
    folder.rename(folder.with_name("gone"))
    assert models.load(own).onto is None
    assert loading.read == ["clinic"]
    assert f"{base} is gone" in caplog.text


def test_a_retrained_model_without_an_adapter_is_loaded_whole(registry, register, models, loading):
    base = register("base")
    challenger = registry.show(register("challenger", parent=base))
    assert models.load(challenger).onto is None
    assert loading.read == ["challenger"]
