"""The components' bodies, called in the order of the training pipeline on a tiny corpus."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kfp import dsl

from components.champion import champion
from components.claim_retrain import claim_retrain
from components.detect_drift import detect_drift
from components.evaluate import evaluate
from components.finetune import finetune
from components.hear import hear
from components.ingest import ingest
from components.promote_first import promote_first
from components.register import register
from undertone.config import load_params
from undertone.errors import ConfigError, StoreError

SMALL = ("corpus.generated.clips=160", "training.epochs=1", "corpus.generated.seed=5")


@dataclass
class Run:
    """What the training components made."""

    params: str
    corpus: dsl.Dataset
    heard: dsl.Dataset
    bundle: dsl.Model
    evaluation: dsl.Artifact
    scores: dsl.Metrics
    confusion: dsl.ClassificationMetrics
    tag: str


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(folder / "home"))
        patch.setenv("BENTOML_HOME", str(folder / "home" / "bentoml"))
        made = Run(
            params=load_params(overrides=SMALL).model_dump_json(),
            corpus=dsl.Dataset(uri=str(folder / "corpus")),
            heard=dsl.Dataset(uri=str(folder / "heard")),
            bundle=dsl.Model(uri=str(folder / "bundle")),
            evaluation=dsl.Artifact(uri=str(folder / "evaluation")),
            scores=dsl.Metrics(),
            confusion=dsl.ClassificationMetrics(),
            tag="",
        )
        ingest.python_func(made.params, made.corpus)
        hear.python_func(made.params, made.corpus, made.heard)
        finetune.python_func(made.params, made.corpus, made.heard, made.bundle, dsl.Metrics())
        evaluate.python_func(
            made.bundle, made.corpus, made.heard, made.evaluation, made.scores, made.confusion
        )
        (made.tag,) = register.python_func(
            "run-1", made.bundle, made.evaluation, made.corpus, made.heard
        )
        yield made


def test_ingestion_tells_the_identity_of_its_data(run: Run) -> None:
    assert len(run.corpus.metadata["data_revision"]) == 64
    assert len(run.corpus.metadata["split_hash"]) == 64


def test_evaluation_logs_scores_and_confusion_as_kfp_types(run: Run) -> None:
    assert 0 <= run.scores.metadata["uar_low"] <= run.scores.metadata["uar"]
    assert run.scores.metadata["uar"] <= run.scores.metadata["uar_high"] <= 1
    matrix = run.confusion.metadata["confusionMatrix"]
    labels = [spec["displayName"] for spec in matrix["annotationSpecs"]]
    assert labels == sorted(labels)
    assert len(matrix["rows"]) == len(labels) == 7
    assert (Path(run.evaluation.path) / "report.txt").is_file()


def test_the_first_model_becomes_champion_and_carries_its_data(run: Run) -> None:
    metrics = dsl.Metrics()
    promote_first.python_func(run.tag, metrics)
    assert metrics.metadata["champion"] == 1
    bundle, corpus, heard = dsl.Model(), dsl.Dataset(), dsl.Dataset()
    assert champion.python_func(bundle, corpus, heard) == (run.tag,)
    assert (Path(bundle.path) / "config.json").is_file()
    assert (corpus.path, heard.path) == (run.corpus.path, run.heard.path)


def test_registering_the_same_run_again_keeps_its_tag(run: Run) -> None:
    again = register.python_func("run-1", run.bundle, run.evaluation, run.corpus, run.heard)
    assert again == (run.tag,)


def test_no_traffic_is_not_enough_and_starts_nothing(run: Run, tmp_path: Path) -> None:
    promote_first.python_func(run.tag, dsl.Metrics())
    report = dsl.HTML(uri=str(tmp_path / "report"))
    assert detect_drift.python_func(run.params, report, dsl.Metrics()) == (1,)
    assert report.path.endswith(".html")
    assert Path(report.path).is_file()
    key, token = tmp_path / "key", tmp_path / "token"
    assert claim_retrain.python_func(run.params, str(key), str(token)) == 0
    assert (key.read_text(), token.read_text()) == ("", "")


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match="epochs"):
        ingest.python_func('{"training": {"epochs": 0}}', dsl.Dataset(uri="unused"))


def test_monitoring_without_a_champion_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    with pytest.raises(StoreError, match="Run the training pipeline first"):
        detect_drift.python_func(load_params().model_dump_json(), dsl.HTML(uri="r"), dsl.Metrics())
