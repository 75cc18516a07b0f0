"""The generated corpus: what fusion brings, and what a missing modality costs.

The fused model meets models that were trained, over the same turns, on one modality alone: with
both modalities as a whole, and, with one missing, the model that never had it.
"""

from benchmarks.accuracy.acoustic import Tested, record, validate
from benchmarks.accuracy.corpora import Setup
from benchmarks.accuracy.record import Comparison, Record
from benchmarks.accuracy.tables import uar_less
from benchmarks.machine import Runner, alone
from undertone.evaluation.record import Evaluation

CORPUS, PROTOCOL = "generated", "folds:4"
FUSED = "undertone, fused"
ALONE = {"audio": "undertone, trained on audio alone", "text": "undertone, trained on text alone"}
LEFT = {"audio": "text", "text": "audio"}


def run(setup: Setup, run_alone: Runner = alone) -> list[Record]:
    """Records of the fused model, whole and without each modality, and of those of one modality.

    Args:
        setup: working folder and seeds.
        run_alone: does the work of a model and tells what it took.
    """
    params = setup.params(CORPUS, "demo")
    folders = [setup.ready(CORPUS, params)]

    def tested(system: str, without: tuple[str, ...]) -> tuple[Evaluation, Tested]:
        name = "-".join((CORPUS, *without))
        return validate(system, PROTOCOL, folders, params, setup, name, run_alone, without)

    evaluation, fused = tested(FUSED, ())
    single = {name: tested(ALONE[name], (LEFT[name],))[1] for name in ALONE}
    whole = record(CORPUS, evaluation, fused).model_copy(
        update={"beside": [_less(fused, other) for other in single.values()]}
    )
    missing = [_without(name, evaluation, fused, single[LEFT[name]]) for name in ALONE]
    singles = [record(CORPUS, evaluation, other) for other in single.values()]
    update = {"ours": True, "settings": list(setup.settings)}
    return [each.model_copy(update=update) for each in (whole, *missing, *singles)]


def _without(missing: str, evaluation: Evaluation, fused: Tested, other: Tested) -> Record:
    said = f"emotion_{missing}_missing"
    left = fused.table.dropna(subset=said)
    left = left.assign(emotion=left[said])
    part = Tested(f"{fused.system}, {missing} missing", left, fused.cost, None, fused.seeds)
    told = {"beside": [_less(part, other)]}
    return record(CORPUS, evaluation, part).model_copy(update=told)


def _less(ours: Tested, other: Tested) -> Comparison:
    return Comparison(than=other.system, difference=uar_less(ours.table, other.table))
