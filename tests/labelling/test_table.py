from pathlib import Path

import pandas as pd
import pytest

from tests.labelling.tables import utterance, write_table
from undertone.config import CorpusParams
from undertone.corpora.base import Reject, SourceUtterance
from undertone.corpora.table import read_table
from undertone.errors import CorpusError
from undertone.labelling.accepting import accept
from undertone.labelling.table import Label, read_partly, write_labels, write_refusals

ROWS = [
    {"speaker_id": "a", "emotion": "anger", "text": "leave me", "path": ""},
    {"speaker_id": "b", "emotion": "", "text": "so it goes", "path": "clips/b.wav"},
    {"speaker_id": "c", "emotion": "hangry", "text": "lunch", "path": ""},
]


def test_a_table_is_parted_by_what_has_a_label(tmp_path: Path) -> None:
    partly = read_partly(write_table(tmp_path / "t.csv", ROWS))
    assert [row.emotion for row in partly.labelled] == ["anger"]
    assert [row.speaker_id for row in partly.unlabelled] == ["b"]
    assert "'hangry' is not one of" in partly.rejects[0].reason


def test_a_table_that_is_all_labelled_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no row to label"):
        read_partly(write_table(tmp_path / "t.csv", ROWS[:1]))


def test_labels_come_back_as_a_corpus_from_anywhere(tmp_path: Path) -> None:
    (row,) = read_partly(write_table(tmp_path / "t.csv", ROWS)).unlabelled
    (tmp_path / "far").mkdir()
    write_labels(tmp_path / "far" / "out.csv", [Label(row, "sadness", 0.91234)])
    params = CorpusParams(name="table", path=str(tmp_path / "far" / "out.csv"))
    (again,) = read_table(params)
    assert isinstance(again, SourceUtterance)
    assert (again.emotion, again.utterance_id, again.text) == (
        "sadness",
        row.utterance_id,
        row.text,
    )
    assert again.source == tmp_path.resolve() / "clips" / "b.wav"
    assert pd.read_csv(tmp_path / "far" / "out.csv")["confidence"].tolist() == [0.9123]


def test_floor_and_cap_refuse_with_a_reason(tmp_path: Path) -> None:
    sure = [0.95, 0.97, 0.91, 0.4]
    labels = [Label(utterance(str(n)), "anger", share) for n, share in enumerate(sure)]
    labels.append(Label(utterance("joy"), "happiness", 0.9))
    accepted, refused = accept(labels, floor=0.9, cap=2)
    assert [label.utterance.utterance_id for label in accepted] == ["0", "1", "joy"]
    reasons = {refusal.place: refusal.reason for refusal in refused}
    assert "2 of anger are surer" in reasons["2"]
    assert "0.400, below the floor of 0.9" in reasons["3"]
    write_refusals(tmp_path / "r.csv", refused)
    assert set(pd.read_csv(tmp_path / "r.csv", dtype=str)["place"]) == {"2", "3"}


def test_without_refusals_the_file_is_empty_but_there(tmp_path: Path) -> None:
    write_refusals(tmp_path / "r.csv", list[Reject]())
    assert pd.read_csv(tmp_path / "r.csv").empty
