"""Peers of the text benchmark: logistic regression on words, and on a frozen encoder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.preprocessing import StandardScaler

from undertone.config import Params
from undertone.evaluation.metrics import Scores, clusters, score
from undertone.manifest import SPLITS
from undertone.model.config import TEXT
from undertone.training.batches import batches_of, settle
from undertone.training.beginning import begin
from undertone.training.examples import Examples, labels_of, load_examples
from undertone.training.sources import Kept

STRENGTHS = (0.01, 0.1, 1.0, 10.0)
BALANCES = (None, "balanced")

Features = list[Any]  # of train, validation and test, each [N, D]


def words(corpus: Path, heard: Path, params: Params) -> Scores:
    """TF-IDF of words and pairs of words, the utterance alone."""
    parts = _splits(corpus, heard)
    vectoriser = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    train, *others = (part.texts() for part in parts)
    features = [vectoriser.fit_transform(train), *map(vectoriser.transform, others)]
    return _regress(features, parts, params)


def frozen(corpus: Path, heard: Path, params: Params) -> Scores:
    """The mean of the frozen encoder's states over the utterance, its context attended to."""
    parts = _splits(corpus, heard)
    bundle = begin(parts[0], params, labels_of(parts[0].rows))
    bundle.model.requires_grad_(requires_grad=False)
    embedded = []
    for part in parts:
        source = settle(bundle.model, batches_of(bundle, part, params.audio)).sources[TEXT]
        assert isinstance(source, Kept)
        embedded.append(source.values.numpy())
    scaler = StandardScaler().fit(embedded[0])
    return _regress(list(map(scaler.transform, embedded)), parts, params)


PEERS: dict[str, Callable[[Path, Path, Params], Scores]] = {
    "TF-IDF + logistic regression": words,
    "MiniLM, frozen + logistic regression": frozen,
}


def _splits(corpus: Path, heard: Path) -> list[Examples]:
    return [load_examples(corpus, heard, split) for split in SPLITS]


def _regress(features: Features, parts: list[Examples], params: Params) -> Scores:
    """Fit with each strength and balance, choose on validation, score on test."""
    labels = labels_of(parts[0].rows)
    train, validation, test = (part.targets(labels).numpy() for part in parts)
    average = params.training.select_by.removesuffix("_f1")
    best, found = -1.0, np.zeros_like(test)
    for strength in STRENGTHS:
        for balance in BALANCES:
            model = LogisticRegression(C=strength, class_weight=balance, max_iter=300, tol=1e-3)
            model.fit(features[0], train)
            reached = f1_score(validation, model.predict(features[1]), average=average)
            if reached > best:
                best, found = reached, model.predict(features[2])
    speakers = parts[2].rows["speaker_id"].tolist()
    return score(test, found, len(labels), clusters(speakers), params.training.seed)
