"""Cross-validation by speaker: a model for each fold, one figure over all test predictions."""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from undertone.calibration import Array
from undertone.config import Params
from undertone.evaluation.conditions import predict_conditions
from undertone.evaluation.evaluator import corpus_info
from undertone.evaluation.folder import write_evaluation
from undertone.evaluation.metrics import uar
from undertone.evaluation.record import Evaluation, FoldScore, Predictions, Provenance, summarise
from undertone.evaluation.signals import measure_signals
from undertone.manifest import SPLITS
from undertone.splits import Fold, assert_no_leak, folds, split_hash
from undertone.training.examples import Examples, labels_of, load_examples
from undertone.training.finetuning import calibrate
from undertone.training.fitting import fit


def cross_validate(
    corpus: Path, heard: Path, params: Params, protocol: str, out: Path
) -> Evaluation:
    """Fit and test a model for each fold of speakers, and score all test predictions together.

    In each fold some speakers test, some choose the epoch and the temperature, the rest train.
    Where every speaker says the same sentences, as in EmoDB and RAVDESS, `audio_only` is the
    honest headline: the words carry no emotion there.

    Args:
        corpus: a corpus folder; its own splits are not looked at.
        heard: its heard folder.
        params: the run's settings.
        protocol: `loso` (leave one speaker out) or `folds:N`.
        out: the evaluation folder to write; `bundle_hash` is empty, as there is no one bundle.

    Raises:
        ConfigError: the protocol is unknown.
        CorpusError: there are too few speakers.
    """
    examples = load_examples(corpus, heard)
    labels = labels_of(examples.rows)
    turns = [
        _run_fold(fold, examples, params, labels)
        for fold in folds(examples.rows, protocol, params.training.seed)
    ]
    pooled = _pool([predictions for predictions, _ in turns])
    tested_in = {row: score.name for part, score in turns for row in part.rows["utterance_id"]}
    info = corpus_info(corpus)
    provenance = Provenance(
        protocol=protocol,
        corpus=info["name"],
        split_hash=split_hash(pooled.rows.assign(split=pooled.rows["utterance_id"].map(tested_in))),
        data_revision=info["data_revision"],
        seed=params.training.seed,
        temperature=float(np.mean([score.temperature for _, score in turns])),
    )
    evaluation = summarise(pooled, provenance, [score for _, score in turns])
    recordings = [Path(file) if file else None for file in pooled.rows["path"]]
    write_evaluation(out, evaluation, pooled, measure_signals(recordings, params.audio))
    return evaluation


def _run_fold(
    fold: Fold, examples: Examples, params: Params, labels: tuple[str, ...]
) -> tuple[Predictions, FoldScore]:
    started = perf_counter()
    rows = _deal(examples.rows, fold)
    assert_no_leak(rows)
    train, validation, test = (
        examples.take((rows["split"] == split).to_numpy()) for split in SPLITS
    )
    bundle = fit(train, validation, params, labels)
    calibrate(bundle, validation, params)
    predictions = predict_conditions(bundle, test, params.audio)
    score = FoldScore(
        name=fold.name,
        test_speakers=list(fold.test_speakers),
        utterances=len(test),
        uar={name: _uar(predictions, logits) for name, logits in predictions.logits.items()},
        temperature=bundle.temperature,
        seconds=perf_counter() - started,
    )
    return predictions, score


def _deal(rows: pd.DataFrame, fold: Fold) -> pd.DataFrame:
    speakers = (fold.train_speakers, fold.validation_speakers, fold.test_speakers)
    split_of = {
        speaker: split for split, part in zip(SPLITS, speakers, strict=True) for speaker in part
    }
    return rows.assign(split=rows["speaker_id"].map(split_of))


def _uar(predictions: Predictions, logits: Array) -> float:
    there = np.flatnonzero(~np.isnan(logits).any(axis=1))
    guess = logits[there].argmax(axis=1)
    return uar(predictions.truth[there], guess, len(predictions.labels))


def _pool(parts: Sequence[Predictions]) -> Predictions:
    return Predictions(
        rows=pd.concat([part.rows for part in parts], ignore_index=True),
        labels=parts[0].labels,
        truth=np.concatenate([part.truth for part in parts]),
        logits={
            name: np.concatenate([part.logits[name] for part in parts]) for name in parts[0].logits
        },
    )
