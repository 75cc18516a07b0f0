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
from undertone.evaluation.behaviour.hearing import answer, listen
from undertone.evaluation.behaviour.record import Behaviour, Finding
from undertone.evaluation.behaviour.scoring import (
    Baseline,
    correctness,
    fairness,
    group_scores,
    robustness,
)
from undertone.evaluation.behaviour.sentences import told
from undertone.evaluation.behaviour.suite import TEXT_TESTS, sound_tests
from undertone.evaluation.evaluator import corpus_info, hash_of_folder, require_same_splits
from undertone.leaks import assert_no_leak
from undertone.manifest import read_manifest
from undertone.progress import track
from undertone.splits import split_hash
from undertone.training.examples import Examples, load_examples

MOST = 400
VOICES = 40


def stress(
    bundle: Path, corpus: Path, heard: Path, split: str = "test", most: int = MOST, seed: int = 17
) -> Behaviour:
    """Run the behavioural suite.

    The bundle is given recordings alone, as a caller of the service may; what the corpus tells of
    their words is left out. Babble is mixed from training speakers.

    Args:
        bundle: a model bundle.
        corpus: a corpus folder.
        heard: its heard folder.
        split: whose recordings are changed.
        most: recordings at most; of more, a seeded share of every emotion is taken.
        seed: of the choice and the changes.

    Raises:
        ModelError: the bundle cannot be used.
        CorpusError: the split has no recordings or leaks into another, has emotions that the
            bundle does not know, or the bundle was trained on other splits of this corpus.
        AudioError: a changed recording cannot be used.
    """
    model, info = Bundle.load(bundle), corpus_info(corpus)
    everyone = read_manifest(heard)
    assert_no_leak(everyone)
    require_same_splits(model.info, heard, split_hash(everyone))
    params = listened_with(model)
    examples = _chosen(load_examples(corpus, heard, split), most, seed)
    voices = _voices(corpus, everyone, params.audio, seed)
    found, robust = _perturbed(model, examples, voices, params, seed)
    by_kind = [
        group_scores(found, "sex", _sexes(found.speakers)),
        group_scores(found, "pitch", _heights(examples.rows, params.audio)),
    ]
    fair = [finding for groups in by_kind for finding in fairness(groups, found.uar().value)]
    return Behaviour(
        corpus=info["name"],
        split=split,
        split_hash=split_hash(everyone),
        data_revision=info["data_revision"],
        bundle_hash=hash_of_folder(bundle),
        seed=seed,
        utterances=len(examples),
        speakers=len(set(found.speakers)),
        uar=found.uar(),
        findings=[*correctness(found), *fair, *robust],
        groups=[group for groups in by_kind for group in groups],
    )


def listened_with(bundle: Bundle) -> Params:
    """The settings with which a bundle's recordings were cleaned and listened to.

    Raises:
        ModelError: its `training.json` does not tell.
    """
    told_of = bundle.info.get("params", {})
    if not {"audio", "listening"} <= set(told_of):
        raise ModelError("The bundle's training.json does not say how it listens. Train it anew.")
    return params_from_json(json.dumps({name: told_of[name] for name in ("audio", "listening")}))


def _perturbed(
    bundle: Bundle, examples: Examples, voices: list[Signal], params: Params, seed: int
) -> tuple[Baseline, list[Finding]]:
    tests = sound_tests(voices)
    changes = {test.name: change for test, change in tests}
    with TemporaryDirectory() as scratch:
        versions = listen(examples.rows, changes, params, Path(scratch), seed)
        plain = next(versions)
        found = Baseline(
            labels=bundle.labels,
            truth=plain.targets(bundle.labels).numpy(),
            guess=answer(bundle, plain, params.audio),
            speakers=plain.rows["speaker_id"].tolist(),
            seed=seed,
        )
        findings = [
            finding
            for (test, _), version in zip(tests, versions, strict=True)
            for finding in robustness(found, answer(bundle, version, params.audio), test)
        ]
    languages = plain.rows["language"].tolist()
    for sentiment, test in TEXT_TESTS.items():
        rows = plain.rows.assign(text=told(sentiment, languages), transcript=None)
        after = answer(bundle, Examples(rows, plain.statistics), params.audio)
        findings += robustness(found, after, test)
    return found, findings


def _chosen(examples: Examples, most: int, seed: int) -> Examples:
    rows = examples.rows[examples.rows["path"].notna()]
    if not len(rows):
        raise CorpusError("The split has no recordings: the behavioural suite has none to change.")
    share = min(1.0, most / len(rows))
    drawn = rows.groupby("emotion").sample(frac=share, random_state=seed)
    return examples.take(np.sort(drawn.index.to_numpy()))


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
