"""The review queue from the command line, and by way of Label Studio."""

import json
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from cli.main import app
from monitoring.store import LabelError, Store
from undertone.errors import CorpusError
from undertone.labels import EMOTIONS
from undertone.prediction import Modalities, Prediction


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    monkeypatch.delenv("UNDERTONE_STORE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(home):
    store = Store()
    for name, confidence in (("sure", 0.9), ("unsure", 0.4), ("heard", 0.3)):
        told = Prediction(
            emotion="anger",
            confidence=confidence,
            distribution={"anger": confidence, "calm": 1 - confidence},
            modalities=Modalities(audio=True, text=True, image=False),
            model_tag="undertone:1",
            lineage_id="line-1",
        )
        audio = home / "audio" / "heard.flac" if name == "heard" else None
        store.add_prediction(
            told, prediction_id=name, text="not again", audio_path=str(audio) if audio else None
        )
    yield store
    store.close()


def review(*arguments):
    return CliRunner().invoke(app, ["review", *arguments], terminal_width=200)


def test_what_waits_is_listed_and_answered(store):
    listed = review("list").stdout
    assert "unsure" in listed
    assert "low confidence" in listed
    assert "sure 0" not in listed
    assert review("answer", "unsure", "fear", "--by", "me").exit_code == 0
    assert "unsure" not in review("list").stdout
    assert list(store.labelled().frame["feedback_emotion"]) == ["fear"]
    assert isinstance(review("answer", "sure", "joy", "--by", "me").exception, LabelError)


def test_an_id_can_be_copied_from_a_narrow_terminal(store, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    row, _ = store.review_queue(datetime.min.replace(tzinfo=UTC), 1)[0]
    name = store.add_prediction(
        Prediction(
            emotion="anger",
            confidence=0.2,
            distribution=row.distribution,
            modalities=Modalities(audio=True, text=False, image=False),
            model_tag=row.model_tag,
            lineage_id=row.lineage_id,
        )
    )
    assert name in CliRunner().invoke(app, ["review", "list"]).stdout


def test_tasks_tell_the_answer_the_words_and_where_the_recording_is(store, home):
    assert review("export", "tasks.json").exit_code == 0
    tasks = {task["data"]["prediction_id"]: task for task in _json(home / "tasks.json")}
    assert set(tasks) == {"unsure", "heard"}
    assert tasks["heard"]["data"] == {
        "prediction_id": "heard",
        "text": "not again",
        "doubt": "low confidence",
        "audio": "/data/local-files/?d=heard.flac",
    }
    (suggested,) = tasks["unsure"]["predictions"]
    assert (suggested["model_version"], suggested["score"]) == ("undertone:1", 0.4)
    view = ElementTree.fromstring((home / "tasks.xml").read_text())
    assert tuple(choice.get("value") for choice in view.iter("Choice")) == EMOTIONS
    choices = view.find("Choices")
    (marked,) = suggested["result"]
    assert (choices.get("name"), choices.get("toName")) == (marked["from_name"], marked["to_name"])
    assert view.find("Audio").get("value") == "$audio"


def annotated(prediction_id, *choices, by=1, **more):
    mark = {"from_name": "emotion", "type": "choices", "value": {"choices": list(choices)}}
    note = {"completed_by": by, "result": [mark] if choices else [], **more}
    return {"id": 7, "data": {"prediction_id": prediction_id}, "annotations": [note]}


def test_annotations_become_feedback_once_and_refusals_a_file(store, home):
    exported = [
        annotated("unsure", "fear", by={"id": 5, "email": "a@example.org"}),
        annotated("heard", was_cancelled=True),
        annotated("sure", "anger", "calm"),
        annotated("sure", "joy"),
        annotated("gone", "fear"),
    ]
    (home / "export.json").write_text(json.dumps(exported))
    for _ in range(2):
        told = review("import", "export.json")
        assert told.exit_code == 0
        assert "1 answers, 3 refused" in told.output
    assert list(store.labelled().frame["id"]) == ["unsure"]
    refused = (home / "export.refused.csv").read_text()
    assert "chose 2 emotions, not one" in refused
    assert "'joy' is not an emotion" in refused
    assert "no prediction 'gone'" in refused


@pytest.mark.parametrize("content", ["", "{}", '[{"data": {}}]', '[{"annotations": []}]', "[1]"])
def test_another_file_is_refused_whole(store, home, content):
    (home / "export.json").write_text(content)
    error = review("import", "export.json").exception
    assert isinstance(error, CorpusError)
    assert "export.json is no JSON export" in str(error)
    assert isinstance(review("import", "missing.json").exception, CorpusError)


def _json(path):
    return json.loads(path.read_text())
