"""Ways of training side by side, by the voice alone: what each reaches, trains and costs."""

from collections.abc import Mapping, Sequence
from typing import get_args

from benchmarks.accuracy.acoustic import BY_VOICE, record, validate
from benchmarks.accuracy.corpora import Setup
from benchmarks.accuracy.record import Record
from benchmarks.machine import Runner, alone
from undertone.config import Tuning

PROTOCOL = "folds:3"
QUICK = (
    "training.refit=false",
    "training.encoder_epochs=2",
    "training.bfloat16=true",
    "training.batch_size=16",
)
MODES = {mode: (f"training.tuning={mode}", *QUICK) for mode in get_args(Tuning)}
ABLATIONS: dict[str, tuple[str, ...]] = {
    "profile base": (),
    "no changed views": ("listening.views=0",),
    "the epoch that validation likes best": ("training.select_by=uar",),
    "not fitted again on validation speakers": ("training.refit=false",),
    "a quarter as wide": ("model.hidden_size=64",),
}


def run(
    name: str, ways: Mapping[str, Sequence[str]], setup: Setup, run_alone: Runner = alone
) -> list[Record]:
    """A record of each way of training on EmoDB.

    Args:
        name: of the row.
        ways: settings of each.
        setup: corpora, working folder and seeds.
        run_alone: does the work of a way and tells what it took.
    """
    return [_try(name, way, settings, setup, run_alone) for way, settings in ways.items()]


def _try(name: str, way: str, settings: Sequence[str], setup: Setup, run_alone: Runner) -> Record:
    params = setup.params("emodb", "base", BY_VOICE, settings)
    folders = [setup.ready("emodb", params)]
    place = f"{name}-{way.replace(' ', '-')}"
    evaluation, tested = validate(way, PROTOCOL, folders, params, setup, place, run_alone)
    changed = {"ours": True, "settings": [*settings, *setup.settings]}
    return record(name, evaluation, tested).model_copy(update=changed)
