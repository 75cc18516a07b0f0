"""Peers of the acoustic rows: a classifier on what was measured or heard in each recording.

Every peer goes through the same turns as ours: it is standardised on the training speakers, its
regularisation is chosen by the UAR of the validation speakers, and the test speakers come last.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy.classic import Array, classic, egemaps
from undertone.config import AudioParams
from undertone.evaluation.metrics import uar
from undertone.protocols import Turn
from undertone.speech.encoder import means
from undertone.training.examples import Examples

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 1.0)
MARGINS = (0.001, 0.01, 0.1)
RADIAL_MARGINS = (0.3, 1.0, 3.0, 10.0, 30.0)
LAYER = 2


def regressions() -> list[Any]:
    """Multinomial logistic regressions, from strongly to weakly regularised."""
    from sklearn.linear_model import LogisticRegression

    given = {"class_weight": "balanced", "max_iter": 500, "tol": 1e-3}
    return [LogisticRegression(C=strength, **given) for strength in STRENGTHS]


def machines() -> list[Any]:
    """Support vector machines, linear ones and radial ones."""
    from sklearn.svm import SVC

    linear = [SVC(C=margin, kernel="linear", class_weight="balanced") for margin in MARGINS]
    return linear + [SVC(C=margin, class_weight="balanced") for margin in RADIAL_MARGINS]


def layer(examples: Examples, audio: AudioParams) -> Array:  # noqa: ARG001
    """Mean and deviation of the states of an early layer [N, 2·D]."""
    return np.asarray(examples.statistics[:, LAYER].numpy(), np.float64)


def last_layer(examples: Examples, audio: AudioParams) -> Array:  # noqa: ARG001
    """Mean of the states of the last layer [N, D]."""
    return np.asarray(means(examples.statistics[:, -1]).numpy(), np.float64)


@dataclass(frozen=True)
class Peer:
    """Features of recordings, and the classifiers of which validation chooses one."""

    features: Callable[[Examples, AudioParams], Array]
    candidates: Callable[[], list[Any]]


SVM = "MFCC + prosody, SVM"
LAYER_TWO = "layer 2, logistic regression"
FROZEN = "mean of the last layer, linear head (as in EmoBox)"
EGEMAPS = "eGeMAPS, SVM (openSMILE: not for commercial use)"
PEERS = {
    SVM: Peer(classic, machines),
    LAYER_TWO: Peer(layer, regressions),
    FROZEN: Peer(last_layer, regressions),
}
if find_spec("opensmile"):
    PEERS[EGEMAPS] = Peer(egemaps, machines)


def compete(
    name: str,
    examples: Examples,
    turns: Sequence[Turn],
    labels: Sequence[str],
    audio: AudioParams,
) -> tuple[pd.DataFrame, int | None]:
    """Put a peer through the turns of a protocol.

    Args:
        name: of `PEERS`.
        examples: utterances with recordings.
        turns: of a protocol on them.
        labels: emotions that are told apart.
        audio: bounds and cleaning of recordings.

    Returns:
        Rows of the test utterances with `turn`, `true_emotion` and `emotion`, and the number of
        trained parameters of the last model, none where that is not a fixed number.
    """
    peer, told = PEERS[name], []
    features, emotions = peer.features(examples, audio), examples.rows["emotion"].to_numpy()
    for turn in turns:
        model = choose(peer.candidates(), features, emotions, turn, labels)
        told.append(
            examples.rows.iloc[turn.test][["utterance_id", "speaker_id"]].assign(
                turn=turn.name,
                true_emotion=emotions[turn.test],
                emotion=model.predict(features[turn.test]),
            )
        )
    return pd.concat(told, ignore_index=True), _parameters(model[-1])


def choose(
    candidates: Sequence[Any],
    features: Array,
    emotions: np.ndarray,
    turn: Turn,
    labels: Sequence[str],
) -> Any:
    """The fitted candidate that tells the validation speakers' emotions best."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    place = {label: number for number, label in enumerate(labels)}
    truth = [place[emotion] for emotion in emotions[turn.validation]]
    fitted = []
    for candidate in candidates:
        model = make_pipeline(StandardScaler(), candidate)
        model.fit(features[turn.train], emotions[turn.train])
        guess = [place[emotion] for emotion in model.predict(features[turn.validation])]
        fitted.append((uar(truth, guess, len(labels)), model))
    return max(fitted, key=lambda pair: pair[0])[1]


def _parameters(model: Any) -> int | None:
    linear = hasattr(model, "coef_") and not hasattr(model, "dual_coef_")
    return int(model.coef_.size + model.intercept_.size) if linear else None
