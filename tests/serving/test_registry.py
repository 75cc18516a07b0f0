import pytest

from serving.registry import tenant_pointer
from undertone.errors import RegistryError


def test_a_registered_bundle_is_whole_and_can_be_found(registry, register):
    tag = register("one")
    model = registry.show(tag)
    assert (registry.path(tag) / "model.safetensors").read_bytes() == b"one"
    assert registry.reference(tag).read_bytes() == b"PAR1"
    assert model.metrics["uar_low"] == pytest.approx(0.7)
    assert model.classes[0] == "anger"
    assert (model.card, model.report) == ("# Card", "report")
    assert [known.tag for known in registry.list()] == [tag]


def test_a_model_fits_in_a_table(registry, register):
    tag = register("one")
    registry.promote(tag, "first")
    (model,) = registry.list()
    date = f"{model.created_at:%Y-%m-%d %H:%M}"
    assert model.columns() == (tag, "champion", "0.800 [0.700, 0.900]", date)


def test_lineage_goes_to_the_store(registry, register, store):
    parent = register("one")
    child = register("two", parent=parent, verdict_id="v1", corpus_uri="corpus")
    row = store.lineage_of_tag(child)
    assert row.parent_lineage_id == registry.show(parent).lineage["lineage_id"]
    assert (row.verdict_id, row.corpus_uri, row.data_revision) == ("v1", "corpus", "r1")


def test_registering_again_changes_nothing(registry, register):
    first, again = register("one"), register("one")
    assert first == again
    assert len(registry.list()) == 1


def test_another_run_or_other_weights_make_another_tag(register):
    assert len({register("one"), register("one", run_id="run-2"), register("two")}) == 3


def test_a_registration_that_dies_leaves_nothing_and_can_be_repeated(
    registry, register, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr("serving.registry.shutil.copytree", _fail_on_evaluation)
        with pytest.raises(OSError, match="disk full"):
            register("one")
    assert registry.list() == []
    assert register("one") == registry.list()[0].tag


def _fail_on_evaluation(source, target):
    if source.name == "evaluation":
        raise OSError("disk full")


def test_promotion_and_way_back(registry, register):
    one, two = register("one"), register("two")
    assert registry.champion() is None
    registry.promote(one, "first")
    registry.set_challenger(two, "retrained")
    registry.promote(two, "better")
    assert (registry.champion(), registry.challenger()) == (two, None)
    assert registry.roll_back("worse after all") == one
    assert registry.champion() == one
    with pytest.raises(RegistryError, match="no earlier champion"):
        registry.roll_back("again")


def test_tenants_have_models_of_their_own(registry, register):
    one, two = register("one"), register("two")
    registry.promote(one, "for all")
    registry.give("clinic", one, "as good")
    registry.give("clinic", two, "better for them")
    assert registry.tenants() == {"clinic"}
    assert registry.show(one).pointers == ("champion",)
    assert registry.show(two).pointers == ("tenant/clinic",)
    assert registry.roll_back("worse", tenant_pointer("clinic")) == one
    assert registry.show(one).pointers == ("champion", "tenant/clinic")
    registry.give("clinic", None, "enough")
    registry.give("bank", None, "it never had one")
    assert (registry.champion(), registry.pointed_at("tenant/clinic")) == (one, None)
    assert registry.tenants() == {"clinic"}


@pytest.mark.parametrize("name", ["", "a/", "/b", "a/b/c", "a/..", "../x", "Clinic", "a" * 64])
def test_a_tenant_has_a_plain_name(registry, register, name):
    with pytest.raises(RegistryError, match="no name for a tenant"):
        registry.give(name, register("one"), "its own")


def test_promoting_the_champion_again_moves_nothing(registry, register, store):
    tag = register("one")
    registry.promote(tag, "first")
    registry.promote(tag, "again")
    assert [move.reason for move in store.pointer_moves("champion")] == ["first"]


@pytest.mark.parametrize("tag", ["undertone:missing", "nonsense", "", "../../etc:passwd", "a:b:c"])
def test_unknown_tags_are_refused_by_name(registry, tag):
    for call in (registry.show, registry.path, lambda tag: registry.promote(tag, "why")):
        with pytest.raises(RegistryError, match="There is no model"):
            call(tag)


def test_incomplete_folders_are_refused(registry, tmp_path):
    origin = {"data_revision": "r", "split_hash": "s", "run_id": "u"}
    with pytest.raises(RegistryError, match=r"config\.json"):
        registry.register(tmp_path, evaluation=tmp_path, **origin)
    (tmp_path / "config.json").write_text('{"id2label": {}}')
    with pytest.raises(RegistryError, match=r"evaluation\.json"):
        registry.register(tmp_path, evaluation=tmp_path, **origin)
