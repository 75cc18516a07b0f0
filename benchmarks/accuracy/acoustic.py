"""Rows by the voice alone: ours and its peers, over the same turns of the same protocol."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from benchmarks.accuracy.corpora import Setup
from benchmarks.accuracy.peers import PEERS, compete
from benchmarks.accuracy.record import Comparison, Record
from benchmarks.accuracy.tables import drawn, uar_less, uar_of
from benchmarks.machine import Cost, Runner, alone
from undertone.config import Params
from undertone.evaluation import cross_validate
from undertone.evaluation.curves import mean_curves
from undertone.evaluation.folder import CURVES
from undertone.evaluation.gathering import Folders, gather
from undertone.evaluation.planning import Plan, make_plan
from undertone.evaluation.record import Evaluation
from undertone.progress import track
from undertone.protocols import Protocol

OURS = "undertone, tiny.en"
BY_VOICE = ("model.text_encoder=scratch",)  # a text encoder that is never asked


@dataclass(frozen=True)
class Acoustic:
    """A row by the voice alone."""

    corpora: tuple[str, ...]
    protocol: str


ROWS = {
    "emodb": Acoustic(("emodb",), "loso"),
    "ravdess": Acoustic(("ravdess",), "folds:6"),
    "cross-corpus": Acoustic(("emodb", "ravdess"), "cross-corpus"),
}


@dataclass(frozen=True)
class Tested:
    """Predictions of a system: a table, and what they took."""

    system: str
    table: pd.DataFrame
    cost: Cost[object]
    parameters: int | None
    seeds: tuple[int, ...] = ()
    curve: list[dict[str, float]] = field(default_factory=list)


def run(name: str, setup: Setup, run_alone: Runner = alone) -> list[Record]:
    """Records of a row: ours, then its peers.

    Args:
        name: of `ROWS`.
        setup: corpora, working folder and seeds.
        run_alone: does the work of a system and tells what it took.
    """
    row = ROWS[name]
    params = [setup.params(corpus, "base", BY_VOICE) for corpus in row.corpora]
    folders = [setup.ready(*each) for each in zip(row.corpora, params, strict=True)]
    evaluation, ours = validate(OURS, row.protocol, folders, params[0], setup, name, run_alone)
    if plan_of(row.protocol, folders, params[0]).hash != evaluation.split_hash:
        raise RuntimeError(f"{name}: the peers' turns are not ours.")
    peers = [
        _peer(system, row.protocol, folders, params[0], run_alone)
        for system in track(PEERS, f"peers of {name}")
    ]
    return [
        *_ours(name, evaluation, ours, peers, list(setup.settings)),
        *(record(name, evaluation, peer, part) for part in _parts(evaluation) for peer in peers),
    ]


def validate(
    system: str,
    protocol: str,
    folders: Sequence[Folders],
    params: Params,
    setup: Setup,
    name: str,
    run_alone: Runner = alone,
    without: Sequence[str] = ("text",),
) -> tuple[Evaluation, Tested]:
    """Cross-validate ours; its evaluation folder stays in the working folder under `name`."""
    out = setup.work / "evaluations" / name
    work = partial(cross_validate, folders, params, protocol, out, without=without)
    cost = run_alone(partial(work, seeds=setup.seeds))
    evaluation: Evaluation = cost.result
    table = pd.read_parquet(out / "predictions.parquet")
    trained = max(turn.trained_parameters for turn in evaluation.turns)
    stages = mean_curves(json.loads((out / CURVES).read_text(encoding="utf-8")))
    curve = [epoch for stage in stages.values() for epoch in stage]
    return evaluation, Tested(system, table, cost, trained, setup.seeds, curve)


def plan_of(protocol: str, folders: Sequence[Folders], params: Params) -> Plan:
    """The turns that `cross_validate` goes through; it looks for near-duplicates itself."""
    rows = gather(folders).examples.rows
    return make_plan(Protocol.parse(protocol), rows, (), params.split.seed)


def put_through(
    name: str, protocol: str, folders: Sequence[Folders], params: Params
) -> tuple[pd.DataFrame, int | None]:
    """Predictions of a peer over the turns of a protocol, and its number of parameters."""
    examples = gather(folders).examples
    plan = plan_of(protocol, folders, params)
    return compete(name, examples, plan.turns, plan.labels, params.audio)


def _peer(
    name: str,
    protocol: str,
    folders: Sequence[Folders],
    params: Params,
    run_alone: Runner,
) -> Tested:
    cost = run_alone(partial(put_through, name, protocol, folders, params))
    return Tested(name, cost.result[0], cost, cost.result[1])


def _ours(
    name: str,
    evaluation: Evaluation,
    ours: Tested,
    peers: Sequence[Tested],
    settings: list[str],
) -> Iterator[Record]:
    for part in _parts(evaluation):
        of_ours = _part(ours, part)
        yield record(name, evaluation, ours, part).model_copy(
            update={
                "ours": True,
                "settings": settings,
                "beside": [
                    Comparison(than=peer.system, difference=uar_less(of_ours, _part(peer, part)))
                    for peer in peers
                ],
            }
        )


def _parts(evaluation: Evaluation) -> list[str]:
    """The turns that are told one by one, or none where they are told together."""
    across = evaluation.protocol == "cross-corpus"
    return [turn.name for turn in evaluation.turns] if across else [""]


def record(name: str, evaluation: Evaluation, tested: Tested, part: str = "") -> Record:
    """What is said of a system, on one turn or on all of them."""
    table = _part(tested, part)
    return Record(
        row=name,
        system=tested.system,
        protocol=f"{evaluation.protocol}, {part}" if part else evaluation.protocol,
        corpus=evaluation.corpus,
        score=uar_of(table),
        utterances=table["utterance_id"].nunique(),
        resampled=drawn(table).unit,
        seeds=list(tested.seeds),
        split_hash=evaluation.split_hash,
        cpu_seconds=tested.cost.cpu_seconds,
        peak_memory_mb=tested.cost.peak_memory_mb,
        trained_parameters=tested.parameters,
        curve=tested.curve,
    )


def _part(tested: Tested, part: str) -> pd.DataFrame:
    return tested.table[tested.table["turn"] == part] if part else tested.table
