"""Rows whose measuring stands in modules of their own: texts, timeline and labelling."""

from functools import partial

from benchmarks.accuracy import labelling, text, timeline
from benchmarks.accuracy.acoustic import BY_VOICE
from benchmarks.accuracy.corpora import Setup
from benchmarks.accuracy.record import Record
from benchmarks.machine import Cost, Runner, alone
from undertone.evaluation.timelines import SMOOTHED, Diarisation

EACH = 24  # joined recordings of a speaker, at most
LOSO = "loso"


def texts(name: str, setup: Setup, run_alone: Runner = alone) -> list[Record]:
    """Records of a row of `benchmarks.accuracy.text`, each seed by itself."""
    data = setup.sources[name].parent
    records = []
    for seed in setup.seeds:
        folder, first = setup.work / "text" / str(seed), seed == setup.seeds[0]
        work = partial(text.run, name, data, folder, seed=seed, peers=first)
        cost = run_alone(partial(work, extra=setup.settings))
        records += [_of_text(found, setup.sources[name].name, cost) for found in cost.result]
    return records


def _of_text(found: text.Record, corpus: str, cost: Cost[list[text.Record]]) -> Record:
    ours = found.system == text.OURS
    return Record(
        row=found.row,
        system=found.system,
        ours=ours,
        protocol=found.protocol,
        corpus=corpus,
        metric=found.metric.replace("_", " "),
        score=found.score,
        utterances=found.utterances,
        resampled=found.resampled,
        seeds=[found.seed],
        split_hash=found.split_hash,
        cpu_seconds=found.seconds,
        peak_memory_mb=cost.peak_memory_mb if ours else None,
        settings=found.settings,
        curve=found.curve,
        note="seconds are wall time" if ours else "",
    )


def segments(setup: Setup, run_alone: Runner = alone) -> list[Record]:
    """Records of each way of telling which emotion appears when, on joined recordings of EmoDB."""
    params = setup.params("emodb", "base", BY_VOICE)
    folders = setup.ready("emodb", params)
    cost = run_alone(partial(timeline.run, *folders, params, LOSO, EACH))
    found: Diarisation = cost.result
    return [
        Record(
            row="timeline",
            system=way,
            ours=way == SMOOTHED,
            protocol=f"{LOSO}, {found.clips} joined recordings",
            corpus=found.corpus,
            metric="EDER, less is better",
            score=rate,
            utterances=found.clips,
            seeds=[found.seed],
            split_hash=found.split_hash,
            cpu_seconds=cost.cpu_seconds,
            peak_memory_mb=cost.peak_memory_mb,
        )
        for way, rate in found.eder.items()
    ]


def labels(setup: Setup, run_alone: Runner = alone) -> list[Record]:
    """Records of each strategy of active learning on EmoDB, at the share that is the goal."""
    params = setup.params("emodb", "base", BY_VOICE)
    folders = setup.ready("emodb", params)
    cost = run_alone(partial(labelling.measure, *folders, len(setup.seeds)))
    curves, split_hash, utterances = cost.result
    return [
        Record(
            row="labelling",
            system=name,
            ours=name != "random",
            protocol=f"{LOSO}, {labelling.GOAL:.0%} of the labels",
            corpus="emodb",
            score=next(point.uar for point in curve if point.share == labelling.GOAL),
            utterances=utterances,
            seeds=list(range(len(setup.seeds))),
            split_hash=split_hash,
            cpu_seconds=cost.cpu_seconds,
            peak_memory_mb=cost.peak_memory_mb,
            note=f"the full score of {curve[-1].uar} from {labelling.reached(curve):.0%} on",
        )
        for name, curve in curves.items()
    ]
