"""Cross-validation: a model for each turn and seed, one figure over all test predictions."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from undertone import __version__
from undertone.config import Params
from undertone.evaluation.conditions import predict_conditions
from undertone.evaluation.folder import write_evaluation
from undertone.evaluation.gathering import Folders, Gathered, drop, gather
from undertone.evaluation.headline import choose_headline
from undertone.evaluation.kept import Kept, Result
from undertone.evaluation.planning import Plan, make_plan
from undertone.evaluation.record import (
    Dependent,
    Evaluation,
    LeakCheck,
    Predictions,
    Provenance,
    TurnScore,
)
from undertone.evaluation.signals import measure_signals
from undertone.evaluation.summary import (
    pool,
    scores_of,
    summarise,
    uar_by_condition,
    uar_over_speakers,
)
from undertone.leaks import near_duplicates
from undertone.progress import track
from undertone.protocols import Turn, choose_protocols
from undertone.training.examples import Examples
from undertone.training.learning import learn


@dataclass(frozen=True)
class _Run:
    """A cross-validation under way; `examples` lack what the models do without."""

    gathered: Gathered
    examples: Examples
    params: Params
    seeds: tuple[int, ...]
    kept: Kept


def cross_validate(
    corpora: Sequence[Folders],
    params: Params,
    protocol: str,
    out: Path,
    *,
    seeds: Sequence[int] = (),
    without: Collection[str] = (),
    headline: str | None = None,
    beside: str | None = None,
) -> Evaluation:
    """Fit and test a model for each turn of a protocol and each seed.

    In each turn some utterances test, some choose the epoch and the temperature, the rest train.
    Every seed has the same turns; its test predictions are pooled over them. UAR and accuracy are
    means over the seeds, and each bootstrap resample draws the same speakers for all seeds: the
    interval tells of other speakers, and is not narrowed by more seeds.

    A run that was killed goes on after its last finished turn when it is started again with the
    same settings and data.

    Args:
        corpora: corpus and heard folder of each corpus; several for `cross-corpus`.
        params: the run's settings; `split.seed` chooses validation speakers.
        protocol: see `undertone.protocols.Protocol`.
        out: the evaluation folder to write; `bundle_hash` is empty, as there is no one bundle.
        seeds: of training; `training.seed` alone if none is given.
        without: modalities (`audio`, `text`, `image`) to leave out of training and test.
        headline: the condition that counts, see `undertone.evaluation.headline`.
        beside: a speaker-dependent protocol to run and report beside this one.

    Raises:
        ConfigError: a protocol, modality or condition is unknown, or the protocol is
            speaker-dependent by itself.
        CorpusError: the corpora do not go together, are too small for the protocol, or leak.
    """
    protocols = choose_protocols(protocol, beside)
    gathered = gather(corpora)
    examples, rows = drop(gathered.examples, without), gathered.examples.rows
    pairs = near_duplicates(gathered.examples.paths("path"), params.audio)
    plans = [make_plan(each, rows, pairs, params.split.seed) for each in protocols]
    key = _key(gathered, params, without, plans)
    chosen = tuple(seeds) or (params.training.seed,)
    run = _Run(gathered, examples, params, chosen, Kept(out, key))
    _fit_all(run, plans)
    evaluation, predictions = _conclude(run, plans, sorted(without), headline)
    _write(out, run, plans[0], evaluation, predictions)
    run.kept.clear()
    return evaluation


def _key(
    gathered: Gathered, params: Params, without: Collection[str], plans: Sequence[Plan]
) -> str:
    settings = params.model_dump(mode="json")
    del settings["training"]["seed"]
    revisions = [gathered.data_revision, gathered.heard_revision, __version__]
    known = [settings, revisions, sorted(without), [plan.hash for plan in plans]]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]


def _fit_all(run: _Run, plans: Sequence[Plan]) -> None:
    jobs = [(plan, turn, seed) for plan in plans for turn, seed in product(plan.turns, run.seeds)]
    for plan, turn, seed in track(jobs, f"evaluating by {plans[0].protocol}"):
        name = _name(plan, turn, seed)
        if name not in run.kept:
            run.kept[name] = _fit(run, plan, turn, seed)


def _name(plan: Plan, turn: Turn, seed: int) -> str:
    return f"{plan.protocol.kind}-{plan.turns.index(turn)}-{seed}"


def _fit(run: _Run, plan: Plan, turn: Turn, seed: int) -> Result:
    started = perf_counter()
    training = run.params.training.model_copy(update={"seed": seed})
    params = run.params.model_copy(update={"training": training})
    train, validation, test = map(run.examples.take, (turn.train, turn.validation, turn.test))
    bundle, _ = learn(train, validation, params, plan.labels)
    logits = predict_conditions(bundle, test, params.audio).logits
    return Result(
        logits,
        bundle.temperature,
        perf_counter() - started,
        bundle.info["trained_parameters"],
        bundle.info["curves"],
    )


def _conclude(
    run: _Run, plans: Sequence[Plan], without: list[str], headline: str | None
) -> tuple[Evaluation, Predictions]:
    plan, *others = plans
    tested = [_tested(run, plan, turn) for turn in plan.turns]
    predictions = pool(tested)
    corpora = set(predictions.rows["corpus"])
    counts = choose_headline(predictions.logits, corpora, headline)
    turns = [
        _turn_score(run, plan, turn, part, counts)
        for turn, part in zip(plan.turns, tested, strict=True)
    ]
    provenance = Provenance(
        protocol=str(plan.protocol),
        corpus=run.gathered.name,
        split_hash=plan.hash,
        data_revision=run.gathered.data_revision,
        headline=counts,
        without=without,
        seed=run.seeds[0],
        seeds=list(run.seeds),
        temperature=float(np.mean([turn.temperature for turn in turns])),
    )
    evaluation = summarise(predictions, provenance)
    evaluation.turns = turns
    evaluation.leaks = LeakCheck(
        recordings=int(run.gathered.examples.rows["path"].notna().sum()),
        repeated_sentences=plan.repeated,
    )
    for other in others:
        evaluation.speaker_dependent = _dependent(run, other)
    return evaluation, predictions


def _dependent(run: _Run, plan: Plan) -> Dependent:
    predictions = pool([_tested(run, plan, turn) for turn in plan.turns])
    return Dependent(
        protocol=str(plan.protocol),
        split_hash=plan.hash,
        scores=scores_of(predictions, run.seeds[0]),
        repeated_sentences=plan.repeated,
    )


def _tested(run: _Run, plan: Plan, turn: Turn) -> Predictions:
    """The predictions of a turn, those of all seeds one after the other."""
    part = run.gathered.examples.take(turn.test)
    truth = part.targets(plan.labels).numpy()
    return pool(
        [
            Predictions(
                rows=part.rows.assign(turn=turn.name, seed=seed),
                labels=plan.labels,
                truth=truth,
                logits=run.kept[_name(plan, turn, seed)].logits,
            )
            for seed in run.seeds
        ]
    )


def _turn_score(
    run: _Run, plan: Plan, turn: Turn, predictions: Predictions, headline: str
) -> TurnScore:
    results = [run.kept[_name(plan, turn, seed)] for seed in run.seeds]
    return TurnScore(
        name=turn.name,
        test_speakers=sorted(predictions.rows["speaker_id"].unique()),
        utterances=len(turn.test),
        uar=uar_by_condition(predictions),
        headline=uar_over_speakers(predictions, headline, run.seeds[0]),
        temperature=float(np.mean([result.temperature for result in results])),
        seconds=sum(result.seconds for result in results),
        trained_parameters=max(result.trained_parameters for result in results),
    )


def _write(
    out: Path, run: _Run, plan: Plan, evaluation: Evaluation, predictions: Predictions
) -> None:
    rows = run.gathered.examples.rows
    signals = measure_signals(run.gathered.examples.paths("path"), run.params.audio)
    by_name = signals.set_index(pd.Index(rows["utterance_id"]))
    told = by_name.loc[predictions.rows["utterance_id"]]
    models = product(plan.turns, run.seeds)
    curves = [run.kept[_name(plan, turn, seed)].curves for turn, seed in models]
    write_evaluation(out, evaluation, predictions, told, curves)
