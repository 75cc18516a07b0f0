import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from observed import make_prediction

from monitoring.labelled import collect_feedback
from monitoring.store import Store
from undertone.errors import CorpusError
from undertone.manifest import read_manifest


def record(path: Path, seed: int) -> str:
    noise = np.random.default_rng(seed).normal(0, 0.1, 16_000)
    soundfile.write(path, noise, 16_000, subtype="PCM_16")
    return str(path)


def test_feedback_becomes_a_corpus_and_the_rest_is_refused(store: Store, tmp_path: Path) -> None:
    voice = record(tmp_path / "kept.flac", 1)
    heard = store.add_prediction(make_prediction(), audio_path=voice, text="no", call_id="call-1")
    read = store.add_prediction(make_prediction(), text="oh well")
    bare = store.add_prediction(make_prediction())
    twin = store.add_prediction(make_prediction(), audio_path=voice)
    gone = store.add_prediction(make_prediction(), audio_path=str(tmp_path / "gone.flac"))
    torn = store.add_prediction(make_prediction(), text="hm")
    for key in (heard, read, bare, twin, gone, torn):
        store.add_feedback(key, "fear", source="a")
    store.add_feedback(torn, "calm", source="b")

    report = collect_feedback(store, tmp_path / "corpus")

    frame = read_manifest(tmp_path / "corpus").set_index("utterance_id")
    assert set(frame.index) == {heard, read}
    assert frame["split"].isna().all()
    assert set(frame["emotion"]) == {"fear"}
    assert frame.loc[heard, "speaker_id"] == "call-1"
    assert frame.loc[read, "speaker_id"] == read
    samples, rate = soundfile.read(tmp_path / "corpus" / frame.loc[heard, "path"])
    assert (rate, len(samples)) == (16_000, 16_000)
    with (tmp_path / "corpus" / "rejects.csv").open(encoding="utf-8", newline="") as file:
        reasons = {row["place"]: row["reason"] for row in csv.DictReader(file)}
    assert set(reasons) == {bare, twin, gone, torn}
    assert "duplicate" in reasons[twin]
    assert "contradict" in reasons[torn]
    info = json.loads((tmp_path / "corpus" / "corpus.json").read_text(encoding="utf-8"))
    assert (info["name"], info["utterances"], info["rejects"]) == ("feedback", 2, 4)
    assert report.data_revision == info["data_revision"]


def test_feedback_without_anything_kept_makes_no_corpus(store: Store, tmp_path: Path) -> None:
    key = store.add_prediction(make_prediction())
    store.add_feedback(key, "fear", source="a")
    with pytest.raises(CorpusError, match=r"serving\.keep_audio"):
        collect_feedback(store, tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()


def test_a_tenants_feedback_is_theirs_alone_whichever_model_answered(
    store: Store, tmp_path: Path
) -> None:
    keys = {
        (tenant, tag): store.add_prediction(
            make_prediction(model_tag=tag), text=f"{tenant} {tag}", tenant=tenant
        )
        for tenant in ("clinic", "bank")
        for tag in ("emotion:1", "emotion:2")
    }
    for key in keys.values():
        store.add_feedback(key, "fear", source="desk")
    collect_feedback(store, tmp_path / "corpus", tenant="clinic")
    frame = read_manifest(tmp_path / "corpus")
    assert set(frame["utterance_id"]) == {keys["clinic", "emotion:1"], keys["clinic", "emotion:2"]}
    with pytest.raises(CorpusError, match="No feedback on school can be learned from"):
        collect_feedback(store, tmp_path / "none", tenant="school")
