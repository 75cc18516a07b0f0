"""Champion against challenger, on what both were never trained on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from undertone.bundle import Bundle
from undertone.calibration import Array, expected_calibration_error, softmax
from undertone.config import AudioParams, Params
from undertone.continual.behaving import Behaved, behaved
from undertone.continual.gate import Comparison, Decision, Part, decide
from undertone.corpora.sexes import sex_of
from undertone.errors import CorpusError, ModelError
from undertone.evaluation.behaviour.running import side_by_side
from undertone.evaluation.gathering import Folders
from undertone.evaluation.metrics import Interval, clusters, uar, uar_difference
from undertone.files import write_json
from undertone.training.examples import Examples, load_examples
from undertone.training.predicting import predict


def judge(
    champion: Path, challenger: Path, old: Folders, new: Folders, params: Params, out: Path
) -> Decision:
    """Compare two bundles on the old test split and the new holdout; write `decision.json`.

    Args:
        champion: the champion's bundle.
        challenger: a bundle that `retrain` wrote; it lists the holdout.
        old: corpus and heard folder that the champion was trained on.
        new: corpus and heard folder that the challenger learnt from.
        params: the run's settings; `promotion` says what must be gained and may be lost.
        out: the folder to write `decision.json` to.

    Raises:
        ModelError: a bundle cannot be used, or the challenger lists no holdout.
        CorpusError: the new corpus lacks the holdout, or the old one has no test split.
    """
    before, after = Bundle.load(champion), Bundle.load(challenger)
    tests = load_examples(*old, split="test")
    holdout = _holdout(after, challenger, load_examples(*new))
    same_labels = set(before.labels) == set(after.labels)
    decision = decide(
        compare_bundles(before, after, tests, params.audio),
        compare_bundles(before, after, holdout, params.audio),
        params.promotion,
        same_labels=same_labels,
        behaviour=_behaviour([before, after], tests, old, params) if same_labels else (),
    )
    write_json(out / "decision.json", decision.model_dump())
    return decision


def _behaviour(
    bundles: Sequence[Bundle], tests: Examples, old: Folders, params: Params
) -> tuple[Behaved, ...]:
    clips = params.promotion.behaviour_clips
    if not clips:
        return ()
    return behaved(*side_by_side(bundles, tests, old, clips, params.training.seed))


def _holdout(bundle: Bundle, path: Path, labelled: Examples) -> Examples:
    listed = bundle.info.get("continual", {}).get("holdout")
    if not listed:
        raise ModelError(
            f"{path} lists no holdout of the new domain: only what 'retrain' wrote can be judged."
        )
    found = labelled.rows["utterance_id"].isin(listed).to_numpy()
    if found.sum() < len(listed):
        raise CorpusError(
            f"The new corpus has {found.sum()} of the {len(listed)} utterances of the "
            "challenger's holdout. Judge it with the corpus it was retrained on."
        )
    return labelled.take(found)


def compare_bundles(
    before: Bundle, after: Bundle, examples: Examples, audio: AudioParams
) -> Comparison:
    """UAR by the emotions' names, so that bundles with other labels can be compared too."""
    names = np.union1d(examples.rows["emotion"], [*before.labels, *after.labels])
    first, second = (_answers(bundle, examples, audio, names) for bundle in (before, after))
    return compare(examples, names.tolist(), first, second)


def compare(examples: Examples, names: Sequence[str], first: Array, second: Array) -> Comparison:
    """Compare what two models say of the same utterances.

    Args:
        examples: the N utterances.
        names: the K emotions that are told apart.
        first: probabilities of one model [N, K].
        second: those of the other.
    """
    truth = examples.targets(names).numpy()
    speakers = examples.rows["speaker_id"].tolist()

    def difference(chosen: npt.NDArray[np.bool_]) -> Interval:
        groups = clusters([speaker for speaker, its in zip(speakers, chosen, strict=True) if its])
        one, other = (answers.argmax(axis=1)[chosen] for answers in (first, second))
        return uar_difference(truth[chosen], one, other, len(names), groups)

    errors = [expected_calibration_error(answers, truth) for answers in (first, second)]
    return Comparison(
        before=uar(truth, first.argmax(axis=1), len(names)),
        after=uar(truth, second.argmax(axis=1), len(names)),
        difference=difference(np.ones(len(truth), bool)),
        utterances=len(examples),
        speakers=len(set(speakers)),
        ece_rise=errors[1] - errors[0],
        parts=tuple(
            Part(name=name, difference=difference(chosen), utterances=int(chosen.sum()))
            for name, chosen in _parts(examples)
        ),
    )


def _parts(examples: Examples) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Which utterances are of each emotion and, where sexes are known, of each sex."""
    emotions = examples.rows["emotion"].to_numpy()
    sexes = np.array([sex_of(speaker) or "" for speaker in examples.rows["speaker_id"]])
    for column in (emotions, sexes):
        for name in sorted(set(column) - {""}):
            yield str(name), column == name


def _answers(
    bundle: Bundle, examples: Examples, audio: AudioParams, names: npt.NDArray[np.str_]
) -> Array:
    """Probabilities of all names [N, K]; 0 for those that the bundle does not know."""
    logits = predict(bundle, examples, audio).logits / bundle.temperature
    answers = np.zeros((len(examples), len(names)))
    answers[:, np.searchsorted(names, np.array(bundle.labels))] = softmax(logits)
    return answers
