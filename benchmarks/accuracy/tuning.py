"""The tuning modes side by side: what each reaches, trains and costs, by the voice alone."""

from collections.abc import Sequence
from typing import get_args

from benchmarks.accuracy.acoustic import BY_VOICE, record, validate
from benchmarks.accuracy.corpora import Setup
from benchmarks.accuracy.machine import Runner, alone
from benchmarks.accuracy.record import Record
from undertone.config import Tuning

PROTOCOL = "folds:3"
MODES = tuple(f"training.tuning={mode}" for mode in get_args(Tuning))


def run(setup: Setup, modes: Sequence[str] = MODES, run_alone: Runner = alone) -> list[Record]:
    """A record of each mode on EmoDB.

    Args:
        setup: corpora, working folder and seeds.
        modes: each the settings that make it, with commas between them.
        run_alone: does the work of a mode and tells what it took.
    """
    return [_try(mode, setup, run_alone) for mode in modes]


def _try(mode: str, setup: Setup, run_alone: Runner) -> Record:
    params = setup.params("emodb", "base", BY_VOICE, mode.split(","))
    folders = [setup.ready("emodb", params)]
    name = f"tuning-{mode.replace('=', '-').replace(',', '-')}"
    evaluation, tested = validate(mode, PROTOCOL, folders, params, setup, name, run_alone)
    changed = {"ours": True, "settings": [*mode.split(","), *setup.settings]}
    return record("tuning", evaluation, tested).model_copy(update=changed)
