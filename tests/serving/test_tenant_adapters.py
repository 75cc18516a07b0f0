"""Adapters from clips, as the command trains, lists and deletes them."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import soundfile
from serving_harness import register_made_up, write_bundle, write_evaluation
from typer.testing import CliRunner

from cli.main import app
from monitoring.store import Store
from serving.adapters import list_adapters, train_adapter
from serving.lifecycle import register_run
from serving.registry import Registry
from serving.tenant_data import delete_tenant, folder_of
from tests.monitoring.observed import make_prediction
from tests.training import synthetic
from undertone import remote
from undertone.config import Params, home
from undertone.corpora import ingest
from undertone.errors import CorpusError, RegistryError
from undertone.evaluation import evaluate
from undertone.manifest import read_manifest
from undertone.speech import hear
from undertone.training import finetune

PITCHES = {"anger": 200, "neutral": 700, "sadness": 2000}
TURNED = {"anger": 4200, "neutral": 6400, "sadness": 3000}  # as nobody else sounds
EACH = 5


def write_clips(folder: Path, pitches: dict[str, int], each: int, seed: int) -> Path:
    """Bursts of a tone and noise in `EMOTION/NUMBER.wav`, no two alike."""
    rng = np.random.default_rng(seed)
    seconds = np.arange(9600) / 16_000
    for emotion, pitch in pitches.items():
        (folder / emotion).mkdir(parents=True)
        for number in range(each):
            tone = np.sin(2 * np.pi * pitch * rng.uniform(0.95, 1.05) * seconds)
            level = rng.uniform(0.2, 1, 16).repeat(600)
            noise = rng.normal(0, 0.05, len(seconds))
            soundfile.write(folder / emotion / f"{number}.wav", 0.3 * tone * level + noise, 16_000)
    return folder


def remembered() -> set[str]:
    """The recordings of which it is kept what was heard in them."""
    found = set()
    for file in (home() / "cache" / "heard").glob("*.sqlite"):
        with sqlite3.connect(file) as memory:
            found |= {sha256 for (sha256,) in memory.execute("SELECT sha256 FROM heard")}
    return found


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    whisper = synthetic.write_whisper(tmp_path_factory.mktemp("models") / "whisper")
    return synthetic.settings(
        f"listening.whisper={whisper}",
        "listening.transcribe=false",
        "split.test=0.3",
        "training.epochs=15",
        "adapter.learning_rate=0.01",
        "adapter.epochs=10",
        "adapter.folds=3",
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, params: Params):
    """A home with a champion in it."""
    place = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(place))
        patch.setenv("BENTOML_HOME", str(place / "bentoml"))
        patch.delenv("UNDERTONE_STORE", raising=False)
        patch.chdir(place)
        for speaker in range(5):
            write_clips(place / "voices" / str(speaker), PITCHES, EACH, seed=speaker)
        corpus, heard, run = place / "corpus", place / "heard", place / "run"
        source = {"name": "folder", "path": str(place / "voices")}
        asked = params.corpus.model_copy(update=source)
        ingest(params.model_copy(update={"corpus": asked}), corpus)
        hear(corpus, params, heard)
        finetune(corpus, heard, params, run / "bundle")
        evaluate(run / "bundle", corpus, heard, run / "evaluation")
        store = Store()
        tag = register_run(
            store,
            bundle=run / "bundle",
            evaluation=run / "evaluation",
            corpus=corpus,
            heard=heard,
            run_id="first",
        )
        Registry(store).promote(tag, "first")
        yield store
        store.close()


def test_one_surely_gains_and_is_deleted_with_all_that_is_kept(store, params, tmp_path):
    registry = Registry(store)
    champion = registry.champion()
    clips = write_clips(tmp_path / "anna", TURNED, EACH, seed=20)
    decision = train_adapter(store, "anna", clips, params)
    assert decision.promote, decision.reason
    assert decision.new_utterances == 3 * EACH
    tag = registry.pointed_at("tenant/anna")
    model = registry.show(tag)
    assert (model.tenant, model.lineage["parent"]) == ("anna", champion)
    assert (model.bundle / "adapter.safetensors").is_file()
    assert model.metrics["uar"] == pytest.approx(decision.new_after)
    (listed,) = list_adapters(registry)
    assert (listed.tenant, listed.tag, listed.told) == ("anna", tag, decision.reason)

    (manifest,) = folder_of("anna").glob("*/corpus")
    recordings = set(read_manifest(manifest)["sha256"])
    assert recordings <= remembered()
    said = store.add_prediction(make_prediction(), tenant="anna/home", text="words")
    store.add_feedback(said, "fear", source="me")
    others = store.add_prediction(make_prediction(), tenant="annabel")
    assert registry.champion() == champion
    models, gone = delete_tenant(store, "anna", by="ops")
    assert (models, gone.predictions, gone.feedback) == (1, 1, 1)
    assert [known.tag for known in registry.list()] == [champion]
    assert not model.path.exists()
    assert not folder_of("anna").exists()
    assert not recordings & remembered()
    assert registry.tenants() == set()
    assert store.pointer_moves("tenant/anna") == []
    assert store.lineage_of_tag(tag) is None
    assert store.get_prediction(others)
    assert delete_tenant(store, "anna", by="ops")[0] == 0


def test_a_voice_like_all_others_gets_none_and_nothing_is_kept(store, params, tmp_path):
    clips = write_clips(tmp_path / "ben", PITCHES, EACH, seed=21)
    decision = train_adapter(store, "ben", clips, params)
    assert not decision.promote
    assert "gain" in decision.reason
    assert len(Registry(store).list()) == 1
    assert list(folder_of("ben").glob("*")) == []


def test_too_few_clips_are_told_and_not_kept(store, params, tmp_path):
    clips = write_clips(tmp_path / "cleo", TURNED, 1, seed=22)
    with pytest.raises(CorpusError, match="There are 3 clips of 3 emotions"):
        train_adapter(store, "cleo", clips, params)
    assert list(folder_of("cleo").glob("*")) == []


def test_why_no_clip_can_be_used_is_left_to_read(store, params, tmp_path):
    (tmp_path / "hal" / "anger").mkdir(parents=True)
    (tmp_path / "hal" / "anger" / "1.wav").write_bytes(b"no sound")
    with pytest.raises(CorpusError, match=r"No utterance can be used: .* says why") as refused:
        train_adapter(store, "hal", tmp_path / "hal", params)
    (rejects,) = folder_of("hal").glob("*/*")
    assert str(rejects) in str(refused.value)
    assert "anger/1.wav" in rejects.read_text()


def test_the_same_take_twice_is_refused(store, params, tmp_path):
    clips = write_clips(tmp_path / "dora", TURNED, 2, seed=23)
    for file in list(clips.glob("*/*.wav")):
        samples, rate = soundfile.read(file)
        soundfile.write(file.with_stem(f"{file.stem}-again"), 0.7 * samples, rate)
    with pytest.raises(CorpusError, match="hold the same take"):
        train_adapter(store, "dora", clips, params)


def test_a_model_that_answers_others_stays(store, tmp_path):
    bundle = write_bundle(tmp_path / "bundle")
    told = {"params": {"continual": {"tenant": "eve"}}}
    (bundle / "training.json").write_text(json.dumps(told))
    write_evaluation(tmp_path / "evaluation")
    registry = Registry(store)
    tag = register_made_up(registry, tmp_path, "eve")
    registry.give("eve", tag, "its own")
    registry.set_challenger(tag, "for everybody")
    with pytest.raises(RegistryError, match="stays: it is challenger"):
        delete_tenant(store, "eve", by="ops")
    assert registry.pointed_at("tenant/eve") == tag
    registry.clear_challenger("no more")


def test_the_run_that_gathered_feedback_goes_with_its_adapter(store, tmp_path):
    bundle = write_bundle(tmp_path / "bundle")
    told = {"params": {"continual": {"tenant": "gil/ward"}}}
    (bundle / "training.json").write_text(json.dumps(told))
    write_evaluation(tmp_path / "evaluation")
    run = home() / "runs" / "continual-1"
    corpus = run / "pipeline" / "retrain" / "corpus"
    corpus.mkdir(parents=True)
    (corpus / "corpus.json").write_text("{}")
    shared = remote.deposit(corpus, f"file://{tmp_path}/shared")
    uris = {"corpus_uri": str(corpus), "heard_uri": shared}
    register_made_up(Registry(store), tmp_path, "gil", **uris)
    assert delete_tenant(store, "gil", by="ops")[0] == 1
    assert not run.exists()
    assert not remote.is_published(shared)


def test_the_command_says_what_came_of_it(store, tmp_path):
    undertone = CliRunner().invoke
    clips = write_clips(tmp_path / "fay", PITCHES, 1, seed=24)
    asked = ["adapter", "train", "--tenant", "fay", "--clips", str(clips)]
    assert isinstance(undertone(app, asked).exception, CorpusError)
    assert undertone(app, ["adapter", "list"]).exit_code == 0
    gone = undertone(app, ["adapter", "delete", "--tenant", "fay"])
    assert "0 models" in gone.output
