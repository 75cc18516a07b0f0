"""The harness of the accuracy benchmark on tones that are easy to tell apart, with a floor."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.accuracy import acoustic, generated, tuning
from benchmarks.accuracy.__main__ import ROWS, main
from benchmarks.accuracy.acoustic import OURS, Acoustic
from benchmarks.accuracy.classic import describe, mfcc
from benchmarks.accuracy.corpora import Setup
from benchmarks.accuracy.peers import LAYER_TWO, SVM, choose, regressions
from benchmarks.accuracy.record import ORDER, Record, Row, read_rows
from benchmarks.accuracy.tables import uar_less, uar_of
from benchmarks.machine import Machine, alone, measured
from benchmarks.page import write_page
from benchmarks.parts import Figure, Part, Ratio
from tests.training import synthetic
from undertone.evaluation.metrics import Interval
from undertone.files import write_json
from undertone.protocols import Turn

CHANCE = 1 / 3
SPEAKERS = 6


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """Corpora that stand ready in the working folder, under the names that the rows ask for."""
    work = tmp_path_factory.mktemp("work")
    whisper = synthetic.write_whisper(work / "whisper")
    settings = (*synthetic.QUICK, f"listening.whisper={whisper}", "training.epochs=20")
    return Setup({}, work, (17,), settings)


@pytest.fixture(autouse=True)
def ready(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_: Setup, name: str, __: Any) -> tuple[Path, Path]:
        folder = setup.work / name
        if not folder.exists():
            first = 0 if name == "emodb" else SPEAKERS
            rows = synthetic.rows(SPEAKERS, each=2, first=first).assign(corpus=name)
            corpus, _heard = synthetic.write_folders(folder, rows)
            write_json(corpus / "corpus.json", {"name": name, "data_revision": name})
        return folder / "corpus", folder / "heard"

    monkeypatch.setattr(Setup, "ready", write)
    quick = {"emodb": Acoustic(("emodb",), "folds:2")}
    monkeypatch.setattr(acoustic, "ROWS", acoustic.ROWS | quick)
    monkeypatch.setattr(tuning, "PROTOCOL", "folds:2")
    monkeypatch.setattr(generated, "PROTOCOL", "folds:2")


def test_ours_and_peers_go_through_the_same_turns(setup: Setup) -> None:
    ours, *peers = acoustic.run("emodb", setup, measured)
    assert (ours.system, ours.ours, ours.utterances, ours.seeds) == (OURS, True, 36, [17])
    assert ours.score.low > CHANCE
    assert all("validation_uar" in epoch for epoch in ours.curve)
    assert {peer.split_hash for peer in peers} == {ours.split_hash}
    by_name = {peer.system: peer for peer in peers}
    assert by_name[SVM].score.value > 0.9  # each emotion has a pitch of its own
    assert by_name[LAYER_TWO].trained_parameters == 3 * (2 * synthetic.SIZE + 1)
    assert [other.than for other in ours.beside] == list(by_name)
    gap = ours.beside[0].difference
    assert gap.value == pytest.approx(ours.score.value - by_name[SVM].score.value)
    assert 0 < (ours.trained_parameters or 0) < 5_000  # the text encoder was given nothing
    assert ours.cpu_seconds


def test_each_direction_across_corpora_is_a_record(setup: Setup) -> None:
    records = acoustic.run("cross-corpus", setup, measured)
    ours = [record for record in records if record.ours]
    assert [record.protocol for record in ours] == [
        "cross-corpus, to emodb",
        "cross-corpus, to ravdess",
    ]
    assert [record.utterances for record in ours] == [36, 36]
    svm = [record.score.value for record in records if record.system == SVM]
    assert min(svm) > 0.9


def test_a_missing_modality_meets_the_model_that_never_had_it(setup: Setup) -> None:
    whole, no_audio, no_text, audio, text = generated.run(setup, measured)
    assert len(whole.beside) == 2
    assert no_audio.beside[0].than == text.system
    assert no_text.beside[0].than == audio.system
    difference = no_audio.score.value - text.score.value
    assert no_audio.beside[0].difference.value == pytest.approx(difference)


def test_ways_of_training_are_told_with_their_settings(setup: Setup) -> None:
    ways = {"as it is": (), "narrow": ("model.hidden_size=8",)}
    wide, narrow = tuning.run("tuning", ways, setup, measured)
    assert (wide.system, narrow.system) == tuple(ways)
    assert narrow.settings[0] == "model.hidden_size=8"
    assert narrow.split_hash == wide.split_hash
    assert 0 < (narrow.trained_parameters or 0) < (wide.trained_parameters or 0)


def test_a_new_process_tells_its_own_time_and_memory() -> None:
    cost = alone(partial(sum, range(10)))
    assert cost.result == 45
    assert cost.peak_memory_mb > 1


def test_validation_chooses_the_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    emotions = np.array(["anger", "neutral"] * 20)
    signal = (emotions == "anger").astype(float)
    features = np.stack([signal, np.random.default_rng(0).normal(size=40)], axis=1)
    turn = Turn("t", np.arange(20), np.arange(20, 30), np.arange(30, 40))
    model = choose(regressions(), features, emotions, turn, ("anger", "neutral"))
    assert (model.predict(features[turn.test]) == emotions[turn.test]).all()


def test_functionals_of_a_clip_follow_its_pitch_and_are_of_one_length() -> None:
    time = np.arange(16_000) / 16_000
    low, high = (np.sign(np.sin(2 * np.pi * hertz * time)) for hertz in (125, 250))
    first, second = (describe((0.3 * wave).astype(np.float32)) for wave in (low, high))
    assert ((second - first).round(1) == 12.0).any()  # an octave, in semitones
    short = describe(np.zeros(3200, np.float32))
    assert short.shape == first.shape
    assert np.isfinite(short).all()
    assert mfcc(np.zeros(16_000, np.float32)).shape[0] == 20


def table(said: list[str], seeds: int = 1) -> pd.DataFrame:
    truth = ["anger", "neutral"] * 4
    rows = [
        {"utterance_id": str(n), "speaker_id": f"s{n // 2}", "true_emotion": true, "emotion": guess}
        for n, (true, guess) in enumerate(zip(truth, said, strict=True))
    ]
    return pd.concat([pd.DataFrame(rows).assign(seed=seed) for seed in range(seeds)])


def test_differences_meet_utterance_by_utterance() -> None:
    right, half = (
        table(["anger", "neutral"] * 4, seeds=3),
        table(["anger"] * 8).drop(columns="seed"),
    )
    assert uar_of(half).value == 0.5
    gap = uar_less(right, half)
    assert (gap.value, gap.low, gap.high) == (0.5, 0.5, 0.5)


def test_the_page_tells_of_every_record_and_can_be_made_anew(tmp_path: Path) -> None:
    told = {"corpus": "emodb", "protocol": "loso", "split_hash": "abc" * 20, "utterances": 5}
    score = Interval(value=0.7, low=0.6, high=0.8)
    curve = [{"epoch": 1.0, "validation_uar": 0.4}, {"epoch": 2.0, "validation_uar": 0.6}]
    learnt = {"seeds": [17], "curve": curve}
    record = Record(row="emodb", system=OURS, score=score, ours=True, **learnt, **told)
    row = Row(name="emodb", command="make it", machine=Machine.here(), records=[record])
    row.write(tmp_path / "benchmarks")
    assert read_rows(tmp_path / "benchmarks") == [row]
    write_page(tmp_path / "benchmarks")
    page = (tmp_path / "benchmarks.md").read_text()
    for part in (OURS, "0.700 [0.600, 0.800]", "make it", "abcabcabc", ".934, published"):
        assert part in page
    for picture in ("emodb.png", "emodb-curves.png"):
        assert f"![emodb](benchmarks/{picture})" in page
        assert (tmp_path / "benchmarks" / picture).stat().st_size > 5000
    assert json.loads((tmp_path / "benchmarks" / "emodb.json").read_text())["name"] == "emodb"


def test_the_page_tells_what_the_behavioural_suite_found(tmp_path: Path) -> None:
    folder = tmp_path / "benchmarks"
    write_page(folder)
    assert "behaviour" not in (tmp_path / "benchmarks.md").read_text()
    folder.mkdir()
    (folder / "behaviour-emodb.txt").write_text("test split\n\nPasses it all.\n\nUAR 1\n")
    write_page(folder)
    page = (tmp_path / "benchmarks.md").read_text()
    assert "[behaviour-emodb](benchmarks/behaviour-emodb.txt): test split. Passes it all." in page


def test_the_page_tells_how_fast_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "benchmarks"
    ratio = Ratio.of("one clip", [9.0, 8.0, 30.0], [1.0, 2.0, 3.0], pledge=8, note="int8")
    figure = Figure(name="start", value="3 s", note="warm disk")
    part = Part(
        name="stack", command="run it", machine=Machine.here(), ratios=[ratio], figures=[figure]
    )
    write_json(folder / "serving-stack.json", part.model_dump(mode="json"))
    write_page(folder)
    page = (tmp_path / "benchmarks.md").read_text()
    for told in ("| one clip | 9 | 4 to 10 | ≥ 8 |", "- start: 3 s (warm disk)", "run it", "int8"):
        assert told in page


def test_the_page_has_a_place_for_every_row() -> None:
    assert set(ORDER) == set(ROWS)


@pytest.mark.parametrize(
    ("given", "problem"),
    [([], "ROW"), (["x"], "no row 'x'"), (["emodb"], "needs --emodb")],
)
def test_a_wrong_row_is_told(
    given: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(given)
    assert problem in capsys.readouterr().err
