"""Champion against challenger, on what both were never trained on."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from undertone.bundle import Bundle
from undertone.config import AudioParams, Params
from undertone.continual.gate import Comparison, Decision, decide
from undertone.continual.retraining import Folders
from undertone.errors import CorpusError, ModelError
from undertone.evaluation.metrics import clusters, uar, uar_difference
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
    decision = decide(
        _compare(before, after, tests, params.audio),
        _compare(before, after, holdout, params.audio),
        params.promotion,
        same_labels=set(before.labels) == set(after.labels),
    )
    write_json(out / "decision.json", decision.model_dump())
    return decision


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


def _compare(before: Bundle, after: Bundle, examples: Examples, audio: AudioParams) -> Comparison:
    """UAR by the emotions' names, so that bundles with other labels can be compared too."""
    names = np.union1d(examples.rows["emotion"], [*before.labels, *after.labels])
    truth = np.searchsorted(names, examples.rows["emotion"])
    first, second = (_said(bundle, examples, audio, names) for bundle in (before, after))
    groups = clusters(examples.rows["speaker_id"].tolist())
    return Comparison(
        before=uar(truth, first, len(names)),
        after=uar(truth, second, len(names)),
        difference=uar_difference(truth, first, second, len(names), groups),
        utterances=len(examples),
        speakers=examples.rows["speaker_id"].nunique(),
    )


def _said(
    bundle: Bundle, examples: Examples, audio: AudioParams, names: npt.NDArray[np.str_]
) -> npt.NDArray[np.intp]:
    guess = predict(bundle, examples, audio).logits.argmax(axis=1)
    said: npt.NDArray[np.intp] = np.searchsorted(names, np.array(bundle.labels)[guess])
    return said
