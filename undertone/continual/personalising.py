"""From the champion and a tenant's own clips to an adapter that is judged on them."""

from pathlib import Path

from undertone.bundle import Bundle, save_bundle
from undertone.config import Params
from undertone.continual.adapting import adapter_of
from undertone.continual.gate import Decision, decide
from undertone.continual.judging import compare_bundles
from undertone.continual.own_clips import HeldOut, adapter_on, hold_out
from undertone.continual.retraining import usable_of
from undertone.evaluation.card import model_card, trained_on
from undertone.evaluation.evaluator import corpus_info, hash_of_folder
from undertone.evaluation.folder import write_evaluation
from undertone.evaluation.gathering import Folders
from undertone.evaluation.headline import choose_headline
from undertone.evaluation.record import Provenance
from undertone.evaluation.signals import measure_signals
from undertone.evaluation.summary import summarise
from undertone.files import write_json
from undertone.inference.known import note_known
from undertone.leaks import assert_no_near_duplicates, near_duplicates
from undertone.splits import split_hash
from undertone.training.examples import load_examples
from undertone.training.finetuning import provenance


def personalise(
    champion: Path, known: Folders, clips: Folders, params: Params, out: Path
) -> Decision:
    """Train an adapter on the champion from few clips, and decide whether it surely gains.

    What it gains is measured on clips that were held out, fold by fold; the adapter that is
    written learnt from all of them.

    Args:
        champion: the champion's bundle.
        known: corpus and heard folder that it was trained on.
        clips: corpus and heard folder of the clips, their splits left open.
        params: from `undertone.continual.personal.from_clips`.
        out: the folder to write `bundle`, `evaluation` (of the clips held out) and `decision` to.

    Raises:
        CorpusError: there are too few clips or emotions, or the same take is held out and learnt.
        ModelError: the champion cannot be used.
    """
    base, before = Bundle.load(champion), load_examples(*known)
    own, learnt = usable_of(load_examples(*clips), before, base.labels), before.of_split("train")
    held = hold_out(base, own, learnt, params)
    pairs = near_duplicates(held.examples.paths("path"), params.audio)
    assert_no_near_duplicates(held.examples.rows, pairs)
    bundle = adapter_on(base, own, learnt, params)
    bundle.temperature = held.temperature
    bundle.info |= provenance(*clips) | {
        "trained_on": trained_on(own.rows),
        "validation_uar": held.comparison.after,
    }
    bundle.card = model_card(bundle)
    note_known(bundle, params)
    save_bundle(bundle, out / "bundle", adapter_of(bundle, base, params))
    _write(held, clips[0], params, out)
    old = compare_bundles(base, bundle, before.of_split("test"), params.audio)
    decision = decide(old, held.comparison, params.promotion)
    write_json(out / "decision" / "decision.json", decision.model_dump())
    return decision


def _write(held: HeldOut, corpus: Path, params: Params, out: Path) -> None:
    rows, info = held.examples.rows, corpus_info(corpus)
    logits = held.predictions.logits
    provenance = Provenance(
        protocol=f"{rows['split'].nunique()} folds of own clips",
        corpus=info["name"],
        split_hash=split_hash(rows),
        data_revision=info["data_revision"],
        bundle_hash=hash_of_folder(out / "bundle"),
        headline=choose_headline(logits, set(rows["corpus"])),
        seed=params.training.seed,
        temperature=held.temperature,
    )
    evaluation = summarise(held.predictions, provenance)
    signals = measure_signals(held.examples.paths("path"), params.audio)
    write_evaluation(out / "evaluation", evaluation, held.predictions, signals)
