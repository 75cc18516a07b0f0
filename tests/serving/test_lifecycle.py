import json

import pytest

from monitoring.store import Store
from serving.lifecycle import bring_along, conclude
from serving.registry import Registry
from serving.signing import read_decision
from undertone.errors import RegistryError


@pytest.fixture
def decide(tmp_path):
    """The folder of a decision."""

    def _decide(promote: bool):
        folder = tmp_path / f"decision-{promote}"
        folder.mkdir()
        said = {"promote": promote, "reason": f"as the gate says: {promote}"}
        (folder / "decision.json").write_text(json.dumps(said))
        return folder

    return _decide


@pytest.fixture
def pair(registry, register, tmp_path, monkeypatch):
    """A champion and a challenger."""
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "bentoml"))
    champion, challenger = register("one"), register("two")
    registry.promote(champion, "first")
    return champion, challenger


@pytest.mark.parametrize("promote", [True, False])
def test_a_tenants_challenger_answers_that_tenant_alone(store, registry, pair, decide, promote):
    champion, challenger = pair
    done = conclude(
        store, champion=champion, challenger=challenger, decision=decide(promote), tenant="clinic"
    )
    assert done is promote
    assert registry.champion() == champion
    assert registry.challenger() is None
    assert registry.pointed_at("tenant/clinic") == (challenger if promote else None)


@pytest.mark.parametrize("promote", [True, False])
def test_the_decision_goes_with_the_challenger_signed(store, registry, pair, decide, promote):
    champion, challenger = pair
    conclude(store, champion=champion, challenger=challenger, decision=decide(promote))
    told = read_decision(registry.show(challenger).path, challenger)
    assert told == {"promote": promote, "reason": f"as the gate says: {promote}"}
    assert read_decision(registry.show(champion).path, champion) is None
    assert registry.champion() == (challenger if promote else champion)


@pytest.fixture
def elsewhere(tmp_path):
    """A store that has never heard of a model."""
    store = Store(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    yield store
    store.close()


def test_a_model_that_came_with_the_service_becomes_its_first_champion(elsewhere, pair):
    _, tag = pair
    bring_along(elsewhere, tag)
    assert Registry(elsewhere).champion() == tag
    assert elsewhere.lineage_of_tag(tag) is not None


def test_the_champion_that_a_store_has_stays(store, pair):
    champion, other = pair
    bring_along(store, other)
    assert Registry(store).champion() == champion


def test_a_model_that_did_not_come_with_the_service_is_named(elsewhere, pair):
    with pytest.raises(RegistryError, match="undertone:absent"):
        bring_along(elsewhere, "undertone:absent")
