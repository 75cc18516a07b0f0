"""Records of the rows that are measured in modules of their own, from what those would find."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.accuracy import labelling, others, text
from benchmarks.accuracy.corpora import Setup
from benchmarks.machine import Cost
from undertone.evaluation.metrics import Interval
from undertone.evaluation.timelines import SMOOTHED, WHOLE, Diarisation

SCORE = Interval(value=0.6, low=0.5, high=0.7)


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    monkeypatch.setattr(Setup, "ready", lambda *_: (tmp_path, tmp_path))
    sources = {name: tmp_path / f"{name}-text" for name in ("meld", "emodb")}
    return Setup(sources, tmp_path, (1, 2), ("training.epochs=1",))


def finding(result: Any) -> Callable[[Any], Cost[Any]]:
    """Does no work but checks that it could be called, and says what it would have found."""
    return lambda work: Cost(result(work), 12.0, 300.0)


def test_texts_are_measured_seed_by_seed(setup: Setup) -> None:
    def found(work: Any) -> list[text.Record]:
        told = {"protocol": "official splits", "metric": "weighted_f1", "score": SCORE}
        about = {"resampled": "speakers", "split_hash": "a", "command": "c", "settings": []}
        seed = work.keywords["seed"]
        assert work.keywords["extra"] == ("training.epochs=1",)
        return [
            text.Record(
                row="meld", system=name, utterances=9, seed=seed, seconds=3.0, **told, **about
            )
            for name in (text.OURS, "a peer")
        ]

    records = others.texts("meld", setup, finding(found))
    assert [(record.ours, record.seeds) for record in records] == [
        (True, [1]),
        (False, [1]),
        (True, [2]),
        (False, [2]),
    ]
    assert records[0].metric == "weighted f1"
    assert records[0].corpus == "meld-text"


def test_segments_name_the_smoothed_way_ours(setup: Setup) -> None:
    about = {"protocol": "loso", "corpus": "emodb", "split_hash": "a", "seed": 17}
    counts = {"clips": 5, "speakers": 2, "kinds": {}, "spans": {}, "chosen": []}
    diarisation = Diarisation(**about, **counts, eder={SMOOTHED: SCORE, WHOLE: SCORE})
    smoothed, whole = others.segments(setup, finding(lambda _: diarisation))
    assert (smoothed.ours, whole.ours) == (True, False)
    assert (smoothed.metric, smoothed.cpu_seconds) == ("EDER, less is better", 12.0)


def test_labels_are_told_at_the_share_that_is_the_goal(setup: Setup) -> None:
    loss = Interval(value=0.0, low=0.0, high=0.0)
    curve = [labelling.Point(share, SCORE, 0.0, loss) for share in labelling.SHARES]
    found = {"random": curve, "badge": curve}, "folds", 535
    random, badge = others.labels(setup, finding(lambda _: found))
    assert (random.ours, badge.ours) == (False, True)
    assert badge.note == f"the full score of {SCORE} from 5% on"
    assert badge.seeds == [0, 1]
