"""Searching for settings of a fine-tuning that suit a corpus, by the validation speakers alone."""

import hashlib
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from undertone.config import Params, RangeParams, as_yaml, home, with_settings
from undertone.errors import ConfigError
from undertone.files import replacing, write_text
from undertone.leaks import assert_no_leak
from undertone.progress import track
from undertone.training.examples import Examples, labels_of, load_examples
from undertone.training.finetuning import provenance
from undertone.training.learning import learn

if TYPE_CHECKING:
    from optuna import Study, Trial

PARAMS, PICTURE = "params.yaml", "parallel_coordinates.png"


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        params: the run's settings with the best of those that were tried.
        validation_uar: that they reached. The best of many tries flatters.
        trials: that were finished, by this and earlier calls.
        pruned: of these, given up early.
    """

    params: Params
    validation_uar: float
    trials: int
    pruned: int


def search(corpus: Path, heard: Path, params: Params, out: Path) -> Found:
    """Fine-tune with one setting after another, and keep those that validation speakers like best.

    The test split is never looked at. Trials are kept in `home() / "search.sqlite"`: a search
    that was killed, or is asked for more trials, goes on where it was, if data and settings are
    the same. One whose epochs lag behind the median of those before is given up. Where
    `training.loggers` names dvclive, each trial is an experiment of the DVC repository around.

    Args:
        corpus: a corpus folder.
        heard: its heard folder.
        params: the run's settings; `search` says what is tried.
        out: the folder to write `params.yaml` and `parallel_coordinates.png` to.

    Raises:
        ConfigError: the space names no settings, or Optuna is not installed.
        CorpusError: a folder cannot be used.
    """
    examples = load_examples(corpus, heard)
    assert_no_leak(examples.rows)
    train, validation = (examples.of_split(split) for split in ("train", "validation"))
    study = _study(_key(corpus, heard, params), params.training.seed)
    objective = _objective(train, validation, params)
    for _ in track(range(params.search.trials - len(_finished(study))), "searching"):
        study.optimize(objective, n_trials=1, callbacks=_experiments(params, out))
    best = with_settings(params, study.best_params)
    write_text(out / PARAMS, as_yaml(best))
    _draw(study, out / PICTURE)
    trials = _finished(study)
    pruned = sum(trial.state.name == "PRUNED" for trial in trials)
    return Found(best, study.best_value, len(trials), pruned)


def _objective(train: Examples, validation: Examples, params: Params) -> "Callable[[Trial], float]":
    import optuna

    labels = labels_of(train.rows)

    def objective(trial: "Trial") -> float:
        epochs = count()

        def watch(uar: float) -> None:
            trial.report(uar, next(epochs))
            if trial.should_prune():
                raise optuna.TrialPruned

        chosen = {name: _suggest(trial, name, among) for name, among in params.search.space.items()}
        alone = {"training.refit": False, "training.processes": 1}
        asked = with_settings(params, alone | chosen)
        return learn(train, validation, asked, labels, watch=watch)[1]

    return objective


def _experiments(params: Params, out: Path) -> list[Any]:
    if "dvclive" not in params.training.loggers:
        return []
    from dvclive.optuna import DVCLiveCallback

    return [DVCLiveCallback("validation_uar", dir=str(out / "dvclive"))]


def _suggest(trial: "Trial", name: str, among: RangeParams | tuple[Any, ...]) -> Any:
    if not isinstance(among, RangeParams):
        return trial.suggest_categorical(name, among)
    if isinstance(among.low, int) and isinstance(among.high, int):
        return trial.suggest_int(name, among.low, among.high, log=among.log)
    return trial.suggest_float(name, among.low, among.high, log=among.log)


def _key(corpus: Path, heard: Path, params: Params) -> str:
    settings = params.model_dump(mode="json", exclude={"search": {"trials"}})
    known = json.dumps([provenance(corpus, heard), settings], sort_keys=True)
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def _study(name: str, seed: int) -> "Study":
    try:
        import optuna
    except ImportError as error:
        raise ConfigError(
            "A search needs Optuna, which is not installed: pip install 'undertone[search]'."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    home().mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=f"sqlite:///{home() / 'search.sqlite'}",
        study_name=name,
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(),
        load_if_exists=True,
    )
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials))
    return study


def _finished(study: "Study") -> list[Any]:
    return [trial for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]


def _draw(study: "Study", path: Path) -> None:
    from matplotlib import pyplot
    from optuna.visualization.matplotlib import plot_parallel_coordinate

    with warnings.catch_warnings(), replacing(path) as aside:
        warnings.simplefilter("ignore")  # the plots of matplotlib are called experimental
        plot_parallel_coordinate(study, target_name="validation UAR")
        figure = pyplot.gcf()
        figure.set_size_inches(10, 5)
        figure.savefig(aside, dpi=150, bbox_inches="tight")
        pyplot.close(figure)
