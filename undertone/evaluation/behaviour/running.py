"""The behavioural suite on a bundle and a split."""

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from undertone.audio import decode
from undertone.audio.line import Signal
from undertone.audio.pitch import pitch
from undertone.bundle import Bundle
from undertone.config import AudioParams, Params, params_from_json
from undertone.corpora.sexes import sex_of
from undertone.errors import CorpusError, ModelError
from undertone.evaluation.behaviour.abstaining import abstention, hear_sounds
from undertone.evaluation.behaviour.hearing import answer, listen
from undertone.evaluation.behaviour.record import Behaviour, Finding, GroupScore
from undertone.evaluation.behaviour.report import write_behaviour
from undertone.evaluation.behaviour.scoring import (
    Baseline,
    correctness,
    fairness,
    group_scores,
    robustness,
)
from undertone.evaluation.behaviour.sentences import told
from undertone.evaluation.behaviour.suite import TEXT_TESTS, Test, sound_tests
from undertone.evaluation.card import EVALUATION, read_evaluation, write_card
from undertone.evaluation.evaluator import corpus_info, hash_of_folder, require_same_splits
from undertone.evaluation.gathering import Folders
from undertone.leaks import assert_no_leak
from undertone.manifest import read_manifest
from undertone.progress import track
from undertone.splits import split_hash
from undertone.training.examples import Examples, load_examples

MOST = 400
VOICES = 40


def stress(
    bundle: Path,
    corpus: Path,
    heard: Path,
    out: Path,
    *,
    split: str = "test",
    most: int = MOST,
    seed: int = 17,
) -> Behaviour:
    """Run the behavioural suite, and write its findings into an evaluation folder.

    Where the folder holds the bundle's scores, its model card is written anew with the findings.

    The bundle is given recordings alone, as a caller of the service may; what the corpus tells of
    their words is left out. Babble is mixed from training speakers.

    Args:
        bundle: a model bundle.
        corpus: a corpus folder.
        heard: its heard folder.
        out: an evaluation folder, of this bundle if it has scores in it; its other files stay.
        split: whose recordings are changed.
        most: recordings at most; of more, a seeded share of every emotion is taken.
        seed: of the choice and the changes.

    Raises:
        ModelError: the bundle cannot be used.
        CorpusError: the split has no recordings or leaks into another, has emotions that the
            bundle does not know, the bundle was trained on other splits of this corpus, or `out`
            holds the scores of another bundle.
        AudioError: a changed recording cannot be used.
    """
    model, identity = Bundle.load(bundle), hash_of_folder(bundle)
    scored = _scored(out, identity)
    everyone = read_manifest(heard)
    assert_no_leak(everyone)
    require_same_splits(model.info, heard, split_hash(everyone))
    params = listened_with(model)
    examples = _chosen(load_examples(corpus, heard, split), most, seed)
    voices = _voices(corpus, everyone, params.audio, seed)
    ((found, robust),) = under_changes([model], examples, voices, params, seed)
    by_kind = _groups(found, examples.rows, params.audio)
    fair = [finding for groups in by_kind for finding in fairness(groups, found.uar().value)]
    info = corpus_info(corpus)
    behaviour = Behaviour(
        corpus=info["name"],
        split=split,
        split_hash=split_hash(everyone),
        data_revision=info["data_revision"],
        bundle_hash=identity,
        seed=seed,
        utterances=len(examples),
        speakers=len(set(found.speakers)),
        uar=found.uar(),
        findings=[*correctness(found), *fair, *robust],
        groups=[group for groups in by_kind for group in groups],
    )
    write_behaviour(out, behaviour)
    if scored:
        write_card(out, model)
    return behaviour


def listened_with(bundle: Bundle) -> Params:
    """The settings with which a bundle's recordings were cleaned and listened to.

    Raises:
        ModelError: its `training.json` does not tell.
    """
    told_of = bundle.info.get("params", {})
    if not {"audio", "listening"} <= set(told_of):
        raise ModelError("The bundle's training.json does not say how it listens. Train it anew.")
    return params_from_json(json.dumps({name: told_of[name] for name in ("audio", "listening")}))


def side_by_side(
    bundles: Sequence[Bundle], examples: Examples, folders: Folders, most: int, seed: int
) -> list[list[Finding]]:
    """What changes of the input do to bundles that hear by the same Whisper.

    Every changed recording is listened to once, for all of them.

    Args:
        bundles: at least one; they are listened for as the first was trained.
        examples: utterances whose recordings are changed.
        folders: their corpus and heard folder, whose training speakers babble.
        most: recordings at most.
        seed: of the choice and the changes.

    Returns:
        Of each bundle the same findings in the same order; none where there are no recordings.

    Raises:
        ModelError: the first bundle does not tell how it listens.
        CorpusError: an emotion is none that a bundle knows.
        AudioError: a changed recording cannot be used.
    """
    if examples.rows["path"].isna().all():
        return [[] for _ in bundles]
    params = listened_with(bundles[0])
    corpus, heard = folders
    voices = _voices(corpus, read_manifest(heard), params.audio, seed)
    tried = under_changes(bundles, _chosen(examples, most, seed), voices, params, seed)
    return [findings for _, findings in tried]


def under_changes(
    bundles: Sequence[Bundle],
    examples: Examples,
    voices: list[Signal],
    params: Params,
    seed: int,
) -> list[tuple[Baseline, list[Finding]]]:
    """What bundles answer to recordings as they are, and what changes of these do to it.

    Args:
        bundles: they hear by the same Whisper, so that all is listened to once.
        examples: recordings.
        voices: of which babble is mixed.
        params: how recordings are cleaned and listened to.
        seed: of the changes.
    """
    tests = sound_tests(voices)
    changes = {test.name: change for test, change in tests}
    with TemporaryDirectory() as scratch:
        versions = listen(examples.rows, changes, params, Path(scratch), seed)
        plain = next(versions)
        found = [_baseline(bundle, plain, params.audio, seed) for bundle in bundles]
        findings: list[list[Finding]] = [[] for _ in bundles]

        def add(changed: Examples, test: Test) -> None:
            for bundle, before, its in zip(bundles, found, findings, strict=True):
                its += robustness(before, answer(bundle, changed, params.audio), test)

        for (test, _), version in zip(tests, versions, strict=True):
            add(version, test)
        languages = plain.rows["language"].tolist()
        for sentiment, test in TEXT_TESTS.items():
            rows = plain.rows.assign(text=told(sentiment, languages), transcript=None)
            add(Examples(rows, plain.statistics), test)
        if any(bundle.hears for bundle in bundles):
            strange = hear_sounds(params, Path(scratch), seed)
            for bundle, its in zip(bundles, findings, strict=True):
                its += abstention(bundle, plain, strange, params.audio)
    return list(zip(found, findings, strict=True))


def _baseline(bundle: Bundle, plain: Examples, audio: AudioParams, seed: int) -> Baseline:
    return Baseline(
        labels=bundle.labels,
        truth=plain.targets(bundle.labels).numpy(),
        guess=answer(bundle, plain, audio),
        speakers=plain.rows["speaker_id"].tolist(),
        seed=seed,
    )


def _scored(out: Path, identity: str) -> bool:
    """Whether an evaluation folder holds the scores of this bundle."""
    if not (out / EVALUATION).is_file():
        return False
    if read_evaluation(out).bundle_hash != identity:
        raise CorpusError(f"{out} holds the scores of another bundle. Name another folder.")
    return True


def _groups(found: Baseline, rows: pd.DataFrame, audio: AudioParams) -> list[list[GroupScore]]:
    return [
        group_scores(found, "sex", _sexes(found.speakers)),
        group_scores(found, "pitch", _heights(rows, audio)),
    ]


def _chosen(examples: Examples, most: int, seed: int) -> Examples:
    rows = examples.rows[examples.rows["path"].notna()]
    if not len(rows):
        raise CorpusError("The split has no recordings: the behavioural suite has none to change.")
    share = min(1.0, most / len(rows))
    drawn = [
        part.sample(max(1, round(share * len(part))), random_state=seed)
        for _, part in rows.groupby("emotion")
    ]
    return examples.take(np.sort(pd.concat(drawn).index.to_numpy()))


def _voices(corpus: Path, rows: pd.DataFrame, audio: AudioParams, seed: int) -> list[Signal]:
    there = rows[(rows["split"] == "train") & rows["path"].notna()]
    drawn = there.sample(min(VOICES, len(there)), random_state=seed)
    return [decode(corpus / name, audio).samples.astype(np.float64) for name in drawn["path"]]


def _sexes(speakers: Sequence[str]) -> dict[str, str]:
    known = {speaker: sex_of(speaker) for speaker in set(speakers)}
    return {speaker: sex for speaker, sex in known.items() if sex}


def _heights(rows: pd.DataFrame, audio: AudioParams) -> dict[str, str]:
    """Low or high: below the median of the speakers' mean pitches, or not."""
    files = track(rows["path"].tolist(), "measuring pitch")
    measured = rows.assign(pitch=[pitch(decode(Path(file), audio).samples) for file in files])
    means = measured.groupby("speaker_id")["pitch"].mean().dropna()
    middle = means.median()
    return {str(name): "low" if mean < middle else "high" for name, mean in means.items()}
