"""Registered models on an object store: what one machine registers, another serves."""

import json
from pathlib import Path

import pytest
from serving_harness import register_made_up, write_bundle, write_evaluation

from components.champion import champion
from monitoring import monitor
from monitoring.store import ConflictError, Store
from serving.lifecycle import champion_origin, conclude, register_run
from serving.registry import Registry
from undertone import remote
from undertone.errors import RegistryError, RemoteError


@pytest.fixture
def bundles(s3_bucket, monkeypatch):
    uri = f"{s3_bucket}/models"
    monkeypatch.setenv("UNDERTONE_BUNDLES", uri)
    return uri


@pytest.fixture
def one(bundles, store, tmp_path):
    """The registry of a machine."""
    return Registry(store, tmp_path / "one")


@pytest.fixture
def other(bundles, store, tmp_path):
    """The registry of another machine, over the same store."""
    return Registry(store, tmp_path / "other")


@pytest.fixture
def tag(one, tmp_path):
    return register_made_up(one, tmp_path / "made", "anger")


def test_another_machine_lists_and_brings_what_it_lacks(one, other, tag):
    assert other.list()[0].columns() == one.list()[0].columns()
    assert not other.list()[0].path.exists()
    assert (other.path(tag) / "model.safetensors").read_bytes() == b"anger"
    assert other.reference(tag).read_bytes() == b"PAR1"
    assert other.show(tag).metrics == one.show(tag).metrics
    other.promote(tag, "good")
    assert one.champion() == tag


def test_registering_there_again_changes_nothing(other, tag, tmp_path):
    assert register_made_up(other, tmp_path / "made", "anger") == tag
    assert len(other.list()) == 1


def test_a_model_that_was_uploaded_by_half_is_not_there(one, other, bundles, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("s3fs.S3FileSystem.pipe_file", _hang_up)
        with pytest.raises(RemoteError, match="hung up"):
            register_made_up(one, tmp_path / "made", "anger")
    (model,) = one.list()
    assert other.list() == []
    with pytest.raises(RegistryError, match="There is no model"):
        other.promote(model.tag, "good")
    assert register_made_up(one, tmp_path / "made", "anger") == model.tag
    assert other.show(model.tag).tag == model.tag


def _hang_up(*_, **__):
    raise ConnectionResetError("hung up")


def test_a_changed_object_is_not_served(other, tag, bundles):
    name = f"{bundles}/{tag.replace(':', '/')}/bundle/model.safetensors"
    remote.write(name, b"evil")
    with pytest.raises(RemoteError, match=r"model\.safetensors is not what was published"):
        other.show(tag)
    assert not (other.list()[0].path).exists()


def test_another_bundle_under_its_tag_is_not_served(one, other, tag, bundles, tmp_path):
    folder = one.show(tag).path
    (folder / "bundle" / "model.safetensors").write_bytes(b"evil")
    uri = f"{bundles}/{tag.replace(':', '/')}"
    remote.withdraw(uri)
    remote.publish(folder, uri)
    with pytest.raises(RegistryError, match="holds another bundle"):
        other.show(tag)
    assert not list((tmp_path / "other").rglob("model.safetensors"))


def test_the_decision_goes_with_the_model(one, other, tag, tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERTONE_SIGNING_KEY", str(tmp_path / "shared.key"))
    assert other.decision(tag) is None
    one.keep_decision(tag, {"promote": True})
    assert other.decision(tag) == {"promote": True}
    monkeypatch.setenv("UNDERTONE_SIGNING_KEY", str(tmp_path / "another.key"))
    with pytest.raises(RegistryError, match="was not signed by this installation"):
        other.decision(tag)


@pytest.fixture
def trained(bundles, store, tmp_path, monkeypatch):
    """A champion of a pipeline on one machine; the next call is on another."""
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "first"))
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "first" / "bentoml"))
    made = tmp_path / "made"
    write_bundle(made / "bundle", b"anger")
    write_evaluation(made / "evaluation")
    for name in ("corpus", "heard"):
        (made / name).mkdir()
        identity = {"data_revision": "d", "split_hash": "s", "name": name}
        (made / name / "corpus.json").write_text(json.dumps(identity))
    folders = {name: made / name for name in ("bundle", "evaluation", "corpus", "heard")}
    tag = register_run(store, **folders, run_id="run-1")
    Registry(store).promote(tag, "first")
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "second"))
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "second" / "bentoml"))
    monkeypatch.setenv("UNDERTONE_STORE", f"sqlite:///{tmp_path / 'store.sqlite'}")
    for path in made.iterdir():
        path.rename(path.with_name(f"{path.name}-gone"))
    return tag


def test_a_retrain_on_another_machine_has_the_champion_and_its_data(trained, store, tmp_path):
    from kfp import dsl

    origin = champion_origin(store)
    assert all(map(remote.is_remote, (origin.bundle_uri, origin.corpus_uri, origin.heard_uri)))
    names = ("bundle", "corpus", "heard")
    artifacts = {name: dsl.Artifact(uri=str(tmp_path / "run" / name)) for name in names}
    assert champion.python_func(**artifacts) == (trained,)
    assert (Path(artifacts["bundle"].path) / "model.safetensors").read_bytes() == b"anger"
    for name in ("corpus", "heard"):
        said = json.loads((Path(artifacts[name].path) / "corpus.json").read_text())
        assert said["name"] == name


def test_the_drift_gate_on_another_machine_has_its_reference(trained, store):
    tag, reference = monitor.tested_champion(store)
    assert (tag, reference.read_bytes()) == (trained, b"PAR1")
    assert monitor.tested_champion(Store(store.url)) == (tag, reference)


def test_of_two_promotions_over_one_champion_one_wins(one, other, tag, tmp_path, store):
    two, three = (register_made_up(one, tmp_path / name, name) for name in ("fear", "calm"))
    one.promote(tag, "first")
    one.promote(two, "better", instead_of=tag)
    with pytest.raises(ConflictError, match=f"The champion has changed: {two} stands there now"):
        other.promote(three, "better", instead_of=tag)
    assert one.champion() == two
    told = [(act.action, act.details["tag"]) for act in store.audit()]
    assert told == [("champion moved", tag), ("champion moved", two), ("champion not moved", three)]


def test_a_decision_on_a_former_champion_moves_nothing(trained, store, tmp_path, monkeypatch):
    registry = Registry(store)
    two, three = (register_made_up(registry, tmp_path / name, name) for name in ("fear", "calm"))
    (tmp_path / "decision.json").write_text(json.dumps({"promote": True, "reason": "better"}))
    monkeypatch.setattr(Registry, "keep_decision", lambda *_: registry.promote(two, "faster"))
    with pytest.raises(ConflictError, match="The champion has changed"):
        conclude(store, champion=trained, challenger=three, decision=tmp_path)
    assert registry.champion() == two


def test_a_model_is_taken_away_everywhere_unless_it_is_needed(one, other, tag, tmp_path):
    two, three = (register_made_up(one, tmp_path / name, name) for name in ("fear", "calm"))
    one.promote(tag, "first")
    one.promote(two, "better")
    for needed in (tag, two):
        with pytest.raises(RegistryError, match="stays: it is champion"):
            other.delete(needed)
    one.delete(three)
    for registry in (one, other):
        assert {model.tag for model in registry.list()} == {tag, two}
        with pytest.raises(RegistryError, match="There is no model"):
            registry.delete(three)
