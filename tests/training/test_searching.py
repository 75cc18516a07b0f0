"""A search for settings, small."""

import sqlite3
import subprocess
from pathlib import Path

import pytest
import synthetic

from undertone.config import Params, load_params, with_settings
from undertone.errors import ConfigError
from undertone.training import searching
from undertone.training.callbacks import Watch
from undertone.training.examples import Examples
from undertone.training.learning import learn
from undertone.training.searching import search

SPACE = """search.space={
    training.learning_rate: {low: 0.001, high: 0.02, log: true},
    training.epochs: {low: 2, high: 3},
    model.hidden_size: [8, 16]}"""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))


@pytest.fixture
def params(whisper: Path) -> Params:
    return synthetic.settings(f"listening.whisper={whisper}", "search.trials=3", SPACE)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    frame = synthetic.rows_in_splits(["train"] * 4 + ["validation"] * 2 + ["test"], each=1)
    return synthetic.write_folders(tmp_path_factory.mktemp("corpus"), frame)


def test_the_best_settings_can_be_read_again(
    folders: tuple[Path, Path], params: Params, tmp_path: Path
) -> None:
    found = search(*folders, params, tmp_path / "out")
    assert found.trials == 3
    assert 0 < found.validation_uar <= 1
    read = load_params(tmp_path / "out" / "params.yaml")
    assert read == found.params
    assert 0.001 <= read.training.learning_rate <= 0.02
    assert read.training.epochs in (2, 3)
    assert read.model.hidden_size in (8, 16)
    assert read.training.processes == params.training.processes
    assert (tmp_path / "out" / "parallel_coordinates.png").stat().st_size > 10_000
    with sqlite3.connect(tmp_path / "home" / "search.sqlite") as store:
        assert store.execute("SELECT count(*) FROM trials").fetchone() == (3,)


def test_a_killed_search_goes_on(
    folders: tuple[Path, Path], params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []

    def killed(*given: Params, **_: object) -> tuple[None, float]:
        tried.append(given[2].training.learning_rate)
        if len(tried) == 2:
            raise KeyboardInterrupt
        return None, 0.5

    monkeypatch.setattr(searching, "learn", killed)
    with pytest.raises(KeyboardInterrupt):
        search(*folders, params, tmp_path / "out")
    assert search(*folders, params, tmp_path / "out").trials == 3
    assert len(tried) == len(set(tried)) == 4  # one was lost, and none tried again
    more = with_settings(params, {"search.trials": 4})
    assert search(*folders, more, tmp_path / "out").trials == 4
    assert len(tried) == 5
    other = with_settings(params, {"training.seed": 18})
    assert search(*folders, other, tmp_path / "out").trials == 3
    assert len(tried) == 8


def test_trials_are_experiments_of_dvc(
    folders: tuple[Path, Path], params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dvc.repo import Repo

    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    git = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "empty"]):
        subprocess.run([*git, *words], check=True)
    Repo.init().close()
    monkeypatch.setattr(searching, "learn", lambda *_, **__: (None, 0.5))
    search(*folders, with_settings(params, {"training.loggers": ["dvclive"]}), Path("found"))
    with Repo() as repo:
        (experiments,) = repo.experiments.ls().values()
    assert len(experiments) == 3


def test_a_hopeless_trial_is_given_up_early(
    folders: tuple[Path, Path], params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs: list[int] = []

    def course(*_: object, watch: Watch, **__: object) -> tuple[None, float]:
        epochs.append(0)
        uar = 0.9 - 0.1 * len(epochs)
        for _epoch in range(4):
            watch(uar)
            epochs[-1] += 1
        return None, uar

    monkeypatch.setattr(searching, "learn", course)
    found = search(*folders, with_settings(params, {"search.trials": 7}), tmp_path / "out")
    assert epochs == [4, 4, 4, 4, 4, 0, 0]
    assert (found.trials, found.pruned) == (7, 2)


def test_each_epoch_is_told_to_who_watches(params: Params) -> None:
    told: list[float] = []
    train, validation = synthetic.examples(2), synthetic.examples(1, first=5)
    learn(train, validation, params, synthetic.LABELS, watch=told.append)
    assert len(told) == params.training.epochs
    assert all(0 <= uar <= 1 for uar in told)


def test_the_test_split_is_never_looked_at(
    folders: tuple[Path, Path], params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[str] = set()

    def course(*given: Examples, **_: object) -> tuple[None, float]:
        seen.update(*(part.rows["split"] for part in given[:2]))
        return None, 0.5

    monkeypatch.setattr(searching, "learn", course)
    search(*folders, params, tmp_path / "out")
    assert seen == {"train", "validation"}


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ("{training.learning_rat: [1, 2]}", "training.learning_rat"),
        ("{training.epochs: {low: -3, high: -1}}", "training.epochs"),
    ],
)
def test_a_space_of_no_settings_is_refused(
    space: str, said: str, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    asked = load_params(overrides=[f"search.space={space}", "search.trials=1"])
    with pytest.raises(ConfigError, match=said):
        search(*folders, asked, tmp_path / "out")


@pytest.mark.parametrize("space", ["{}", "{model.dropout: {low: 1, high: 0}}", "{a: []}"])
def test_an_empty_space_is_refused(space: str) -> None:
    with pytest.raises(ConfigError, match="search"):
        load_params(overrides=[f"search.space={space}"])
