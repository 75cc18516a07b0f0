import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from tests.training import synthetic
from undertone.config import Params
from undertone.errors import ConfigError, CorpusError
from undertone.evaluation import cross_validate, crossvalidation
from undertone.evaluation.gathering import Folders, drop
from undertone.evaluation.headline import choose_headline
from undertone.files import write_json
from undertone.manifest import write_manifest


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    whisper = synthetic.write_whisper(tmp_path_factory.mktemp("whisper") / "whisper")
    return synthetic.settings(f"listening.whisper={whisper}", "training.epochs=6")


def write_corpus(folder: Path, name: str, speakers: Sequence[int], **columns: Any) -> Folders:
    frame = synthetic.rows(speakers=len(speakers), each=2, first=speakers[0])
    corpus, heard = synthetic.write_folders(folder, frame.assign(corpus=name, **columns))
    write_json(corpus / "corpus.json", {"name": name, "data_revision": name})
    return corpus, heard


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return write_corpus(tmp_path_factory.mktemp("made"), "synthetic", range(6))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return write_corpus(tmp_path_factory.mktemp("other"), "other", range(6, 11))


def test_every_speaker_is_tested_once_by_every_seed(
    made: Folders, params: Params, tmp_path: Path
) -> None:
    out = tmp_path / "evaluation"
    longer = params.model_copy(
        update={"training": params.training.model_copy(update={"epochs": 20})}
    )
    found = cross_validate([made], longer, "folds:2", out, seeds=(1, 2))
    assert (found.utterances, found.speakers, found.bundle_hash) == (36, 6, "")
    tested = [speaker for turn in found.turns for speaker in turn.test_speakers]
    assert sorted(tested) == [f"s{speaker}" for speaker in range(6)]
    assert found.scores["audio_only"].uar.low > 1 / 3  # chance
    reached = [part.uar["fused"] for part in found.by_seed]
    assert found.scores["fused"].uar.value == pytest.approx(np.mean(reached))
    table = pd.read_parquet(out / "predictions.parquet")
    assert table.groupby("utterance_id")["seed"].apply(set).map(sorted).tolist() == [[1, 2]] * 36
    curves = json.loads((out / "learning_curves.json").read_text())
    assert len(curves) == 4  # two turns, two seeds
    assert all("validation_uar" in epoch for model in curves for epoch in model["heads"])
    assert (out / "learning_curves.png").is_file()
    assert table["snr_db"].notna().all()
    assert (table["emotion"] == table["emotion_fused"]).all()
    assert (table["emotion_text_only"] == table["true_emotion"]).mean() > 1 / 3
    assert all(turn.trained_parameters > 0 for turn in found.turns)
    report = (out / "report.txt").read_text()
    assert "s0..s2" in report
    assert "mean over 2 seeds" in report
    assert not out.with_name("evaluation-turns").exists()


def test_what_is_left_out_neither_trains_nor_tests(
    made: Folders, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def learn(train: Any, *rest: Any, **named: Any) -> Any:
        seen.append(train.present().any(dim=0).tolist())
        return real(train, *rest, **named)

    real = crossvalidation.learn
    monkeypatch.setattr(crossvalidation, "learn", learn)
    found = cross_validate([made], params, "folds:2", tmp_path / "e", without={"text"})
    assert seen == [[True, False, False]] * 2
    assert list(found.scores) == ["fused", "audio_only"]
    assert (found.without, found.gain) == (["text"], None)
    assert "without text" in (tmp_path / "e" / "report.txt").read_text()


def test_cross_corpus_tests_on_each_corpus(
    made: Folders, other: Folders, params: Params, tmp_path: Path
) -> None:
    found = cross_validate([made, other], params, "cross-corpus", tmp_path / "e")
    assert found.corpus == "synthetic + other"
    assert [turn.name for turn in found.turns] == ["to other", "to synthetic"]
    assert [turn.utterances for turn in found.turns] == [30, 36]
    assert all(turn.headline is not None for turn in found.turns)


def test_speaker_dependent_stands_beside_and_never_alone(
    made: Folders, params: Params, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="alone would flatter"):
        cross_validate([made], params, "speaker-dependent:2", tmp_path / "e")
    with pytest.raises(ConfigError, match="stands by itself"):
        cross_validate([made], params, "loso", tmp_path / "e", beside="folds:2")
    found = cross_validate([made], params, "folds:2", tmp_path / "e", beside="speaker-dependent:2")
    beside = found.speaker_dependent
    assert beside is not None
    assert (beside.protocol, found.protocol) == ("speaker-dependent:2", "folds:2")
    assert beside.split_hash != found.split_hash
    stored = json.loads((tmp_path / "e" / "evaluation.json").read_text())
    assert stored["speaker_dependent"]["scores"]["fused"] == beside.scores["fused"].model_dump()


def test_a_killed_run_goes_on_after_its_last_turn(
    made: Folders, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, fitted = crossvalidation.learn, []

    def learn(*arguments: Any) -> Any:
        if len(fitted) == 2:
            raise KeyboardInterrupt
        fitted.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(crossvalidation, "learn", learn)
    with pytest.raises(KeyboardInterrupt):
        cross_validate([made], params, "folds:3", tmp_path / "e")
    monkeypatch.setattr(crossvalidation, "learn", real)
    whole = cross_validate([made], params, "folds:3", tmp_path / "whole")
    monkeypatch.setattr(
        crossvalidation, "learn", lambda *given: fitted.append(given) or real(*given)
    )
    resumed = cross_validate([made], params, "folds:3", tmp_path / "e")
    assert len(fitted) == 3
    assert resumed.scores == whole.scores


def test_other_settings_do_not_resume(
    made: Folders, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(crossvalidation, "_conclude", die)
    for without in ((), {"text"}):
        with pytest.raises(KeyboardInterrupt):
            cross_validate([made], params, "folds:2", tmp_path / "e", without=without)
        (kept,) = (tmp_path / "e-turns").iterdir()
        assert len(list(kept.iterdir())) == 2


def test_the_same_take_on_both_sides_is_refused(
    made: Folders, params: Params, tmp_path: Path
) -> None:
    corpus = shutil.copytree(made[0], tmp_path / "corpus")
    samples, rate = soundfile.read(corpus / "audio" / "s0-anger-0.flac")
    soundfile.write(corpus / "audio" / "s5-anger-0.flac", 0.5 * samples[800:], rate)
    with pytest.raises(CorpusError, match=r"s0-anger-0 \(.*\) and s5-anger-0"):
        cross_validate([(corpus, made[1])], params, "loso", tmp_path / "e")


def test_corpora_heard_by_different_whispers_are_refused(
    made: Folders, other: Folders, params: Params, tmp_path: Path
) -> None:
    heard = shutil.copytree(other[1], tmp_path / "heard")
    write_json(heard / "listening.json", {"whisper": "another"})
    with pytest.raises(CorpusError, match="different Whispers"):
        cross_validate([made, (other[0], heard)], params, "cross-corpus", tmp_path / "e")


def test_corpora_with_different_emotions_are_refused(
    made: Folders, other: Folders, params: Params, tmp_path: Path
) -> None:
    heard = shutil.copytree(other[1], tmp_path / "heard")
    frame = pd.read_parquet(heard / "manifest.parquet")
    write_manifest(heard, frame.replace({"emotion": {"neutral": "calm"}}))
    with pytest.raises(CorpusError, match="different emotions"):
        cross_validate([made, (other[0], heard)], params, "loso", tmp_path / "e")


def test_a_corpus_given_twice_is_refused(made: Folders, params: Params, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="each corpus once"):
        cross_validate([made, made], params, "loso", tmp_path / "e")


def test_splits_that_were_dealt_out_are_not_official(
    made: Folders, params: Params, tmp_path: Path
) -> None:
    with pytest.raises(CorpusError, match=r"split\.protocol=official"):
        cross_validate([made], params, "official", tmp_path / "e")


def test_leaving_out_all_there_is_or_what_there_is_not() -> None:
    examples = synthetic.examples(speakers=2)
    assert not drop(examples, {"text"}).present()[:, 1].any()
    with pytest.raises(CorpusError, match="6 utterances are empty"):
        drop(examples, {"text", "audio"})
    with pytest.raises(ConfigError, match="no modality 'smell'"):
        drop(examples, {"smell"})


CONDITIONS = ("fused", "audio_only", "text_only", "audio_missing", "text_missing")


def test_headline_is_by_voice_alone_where_the_words_tell_nothing() -> None:
    assert choose_headline(CONDITIONS, {"generated"}) == "fused"
    assert choose_headline(CONDITIONS, {"emodb"}) == "text_missing"
    assert choose_headline(CONDITIONS, {"emodb"}, "audio_only") == "audio_only"
    assert choose_headline(("fused", "audio_only"), {"ravdess"}) == "fused"
    with pytest.raises(ConfigError, match="'image_only' is no condition"):
        choose_headline(CONDITIONS, {"emodb"}, "image_only")
