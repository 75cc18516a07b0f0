"""Forgetting speakers, and what is too old."""

from datetime import timedelta

import pytest
from observed import make_prediction

from monitoring.store import Forgotten, NotFoundError
from monitoring.store.tables import now


def kept(store, folder, speaker, age_days=0):
    audio = folder / f"{speaker}-{age_days}.flac"
    audio.write_bytes(b"fLaC")
    prediction_id = store.add_prediction(
        make_prediction(),
        speaker_id=speaker,
        text="words",
        audio_path=str(audio),
        created_at=now() - timedelta(days=age_days),
    )
    store.add_feedback(prediction_id, "fear", source="me")
    return prediction_id, audio


def test_all_of_a_speaker_goes_and_nothing_of_others(store, tmp_path):
    gone = [kept(store, tmp_path, "s1", age) for age in (0, 1)]
    stays, its_audio = kept(store, tmp_path, "s2")
    assert store.forget_speaker("s1", by="ops") == Forgotten(2, 2, 2)
    for prediction_id, audio in gone:
        assert not audio.exists()
        with pytest.raises(NotFoundError):
            store.get_prediction(prediction_id)
        with pytest.raises(NotFoundError):
            store.add_feedback(prediction_id, "fear", source="me")
    assert its_audio.exists()
    assert list(store.labelled().frame["id"]) == [stays]


def test_again_it_changes_nothing_and_the_audit_names_nobody(store, tmp_path):
    kept(store, tmp_path, "anna-1990", 0)[1].unlink()
    assert store.forget_speaker("anna-1990", by="ops") == Forgotten(1, 1, 0)
    assert store.forget_speaker("anna-1990", by="ops") == Forgotten()
    [act] = store.audit()
    assert (act.action, act.by) == ("speaker forgotten", "ops")
    assert act.details == {"predictions": 1, "feedback": 1, "recordings": 0, "jobs": 0}
    assert "anna" not in str(act.columns())


def test_what_is_too_old_goes(store, tmp_path):
    kept(store, tmp_path, "s1", 10)
    young, _ = kept(store, tmp_path, "s1", 1)
    assert store.forget_before(now() - timedelta(days=5), by="ops") == Forgotten(1, 1, 1)
    assert list(store.predictions()["id"]) == [young]


def test_a_file_that_cannot_be_deleted_keeps_its_row(store, tmp_path):
    prediction_id, audio = kept(store, tmp_path, "s1")
    audio.unlink()
    audio.mkdir()
    with pytest.raises(OSError, match=r"directory|permitted"):
        store.forget_speaker("s1", by="ops")
    assert store.get_prediction(prediction_id).speaker_id == "s1"
