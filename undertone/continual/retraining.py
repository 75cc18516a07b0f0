"""From the champion and labelled live traffic to a challenger."""

from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import pandas as pd

from undertone.bundle import Bundle, save_bundle
from undertone.config import Params, SplitParams
from undertone.continual.adapting import Material, adapt, adapter_of
from undertone.continual.influence import Influence, influences
from undertone.continual.memory import remembered, write_memory
from undertone.continual.replay import choose_replay, replay_size
from undertone.continual.strategies import STRATEGIES
from undertone.corpora.intake import VOICES
from undertone.errors import CorpusError
from undertone.evaluation.card import model_card, trained_on
from undertone.evaluation.gathering import Folders
from undertone.inference.known import note_known
from undertone.splits import assign_splits, split_hash
from undertone.training.examples import Examples, load_examples
from undertone.training.finetuning import provenance
from undertone.training.learning import calibrate


@dataclass(frozen=True)
class RetrainReport:
    """How a retrain went.

    Attributes:
        learnt: new utterances that it was trained on.
        replayed: old utterances that it was trained on beside them.
        holdout: new utterances kept from training, for the promotion gate.
        left_out: new utterances that could not be used: of an emotion that the champion does not
            know, or recordings of the old corpus.
        distrusted: of these, labels of voices that made a quick model worse.
        validation_uar: of the challenger on validation speakers, as many old as new utterances.
        temperature: fitted on them.
        trained_parameters: how many parameters were trained.
        seconds: from reading to writing.
    """

    learnt: int
    replayed: int
    holdout: int
    left_out: int
    distrusted: int
    validation_uar: float
    temperature: float
    trained_parameters: int
    seconds: float

    def metrics(self) -> dict[str, float]:
        """The figures by name."""
        return {name: float(value) for name, value in asdict(self).items()}


def retrain(
    champion: Path, old: Folders, new: Folders, params: Params, out: Path, memory: Folders
) -> RetrainReport:
    """Train the champion further on new labelled speech, replaying the old.

    The new speakers (or calls) are dealt into train, validation and a holdout that never trains;
    `training.json` of the challenger lists the holdout for the promotion gate. Standardisation
    and tokenizer stay the champion's.

    Args:
        champion: the champion's bundle.
        old: corpus and heard folder that the champion was trained on.
        new: corpus and heard folder of the new domain; its own splits are not looked at.
        params: the run's settings; `continual` says how to train, `training` the rest.
        out: the challenger's bundle to write.
        memory: corpus and heard folder to write: what the challenger was trained, chosen and
            judged on, within `continual.memory_mb`.

    Raises:
        CorpusError: there are too few labels, or too few speakers to deal out.
        ModelError: the champion cannot be used.
    """
    started = perf_counter()
    init = Bundle.load(champion)
    known = load_examples(*old)
    labelled = load_examples(*new)
    fits = usable_of(labelled, known, init.labels)
    heard_of = _voices(new[0], fits)
    usable, heard_of, influence = _believed(init, known, fits, heard_of, params)
    _require_enough(len(usable), params.continual.min_labels)
    material = gather(known, usable, params, heard_of["trusted"].to_numpy(dtype=bool))
    bundle = adapt(init, material, params)
    reached = calibrate(bundle, material.validation, params)
    bundle.info |= {"validation_uar": reached, "trained_on": trained_on(material.train.rows)}
    bundle.info["continual"]["influence"] = [one.model_dump() for one in influence]
    kept = remembered(known, material, params.continual.memory_mb, params.training.seed)
    write_memory(kept, old[1], memory)
    bundle.info |= provenance(*memory)
    bundle.card = model_card(bundle)
    note_known(bundle, params)
    save_bundle(bundle, out, adapter_of(bundle, init, params))
    return RetrainReport(
        learnt=len(material.new),
        replayed=len(material.rehearsed),
        holdout=len(material.holdout),
        left_out=len(labelled) - len(usable),
        distrusted=len(fits) - len(usable),
        validation_uar=reached,
        temperature=bundle.temperature,
        trained_parameters=bundle.info["trained_parameters"],
        seconds=round(perf_counter() - started, 2),
    )


def gather(
    known: Examples,
    usable: Examples,
    params: Params,
    trusted: npt.NDArray[np.bool_] | None = None,
) -> Material:
    """Deal out new utterances by speaker, and choose the old ones to learn again beside them.

    Args:
        known: all examples of the old corpus.
        usable: labelled examples of the new domain; a speaker of the old corpus stays in their
            split.
        params: the run's settings.
        trusted: which labels may judge, not only teach [N]; all of them without it.
    """
    sure = np.ones(len(usable), bool) if trusted is None else trusted
    continual, seed = params.continual, params.training.seed
    dealt = assign_splits(usable.rows, SplitParams(test=continual.holdout, seed=seed))
    dealt["split"] = dealt["speaker_id"].map(_split_of(known)).fillna(dealt["split"])
    train, validation, holdout = (
        usable.take((dealt["split"] == split).to_numpy() & (sure | (split == "train")))
        for split in ("train", "validation", "test")
    )
    learnt_before = known.of_split("train")
    rehearses = STRATEGIES[continual.strategy].rehearses
    sizes = {
        "nothing": 0,
        "some": replay_size(len(train), continual.replay_share),
        "everything": len(learnt_before),
    }
    replay = _replay(learnt_before, sizes[rehearses], seed)
    also_chosen = len(validation) * (rehearses != "nothing")
    return Material(
        new=train,
        rehearsed=replay,
        new_validation=validation,
        old_validation=_replay(known.of_split("validation"), also_chosen, seed),
        holdout=holdout,
        known=learnt_before,
        new_splits=split_hash(dealt),
    )


def _split_of(known: Examples) -> pd.Series:
    """The split of each speaker who stands in one alone."""
    splits = known.rows.groupby("speaker_id")["split"].unique()
    return splits[splits.str.len() == 1].str[0]


def _voices(corpus: Path, examples: Examples) -> pd.DataFrame:
    """Who each label is owed to [N]: `voice`, `trusted`; beyond doubt where nobody is named."""
    file = corpus / VOICES
    ids = examples.rows[["utterance_id"]].rename(columns={"utterance_id": "id"})
    if not file.is_file():
        return ids.assign(voice="", trusted=True)
    return ids.merge(pd.read_csv(file, dtype={"id": str, "voice": str}), on="id", how="left")


def _believed(
    init: Bundle, known: Examples, labelled: Examples, voices: pd.DataFrame, params: Params
) -> tuple[Examples, pd.DataFrame, list[Influence]]:
    """The labels of voices that do no harm, with those voices; and what each one's do."""
    trusted = voices["trusted"].to_numpy(dtype=bool)
    if trusted.all():
        return labelled, voices, []
    sure = Examples.concat([known.of_split("validation"), labelled.take(trusted)])
    found = influences(init, labelled, voices, sure)
    harmful = [one.voice for one in found if one.harms(params.feedback.influence)]
    kept = trusted | ~voices["voice"].isin(harmful).to_numpy()
    return labelled.take(kept), voices[kept].reset_index(drop=True), found


def usable_of(labelled: Examples, known: Examples, labels: tuple[str, ...]) -> Examples:
    """Those of an emotion that a model knows, which are no recordings of its own corpus."""
    recordings = known.rows["sha256"].dropna()
    rows = labelled.rows
    fits = rows["emotion"].isin(labels) & ~rows["sha256"].isin(recordings)
    return labelled.take(fits.to_numpy())


def _require_enough(count: int, wanted: int) -> None:
    if count < wanted:
        raise CorpusError(
            f"There are {count} labelled utterances to learn from, at least {wanted} are needed "
            "(continual.min_labels). Gather more feedback."
        )


def _replay(known: Examples, size: int, seed: int) -> Examples:
    return known.take(choose_replay(known.rows, size, seed).index.to_numpy())
