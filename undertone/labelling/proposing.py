"""The next utterances to label in a partly labelled table of recordings."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from undertone.config import AudioParams
from undertone.corpora.base import Reject, SourceUtterance
from undertone.errors import AudioError, CorpusError
from undertone.labelling.active import DEFAULT, STRATEGIES, Pool
from undertone.labelling.probe import Probe, Space
from undertone.labelling.table import Partly
from undertone.labels import EMOTIONS
from undertone.progress import track
from undertone.speech.listener import Listener
from undertone.speech.utterance import prepare

FEWEST_CLASSES = 2


def hear_all(
    utterances: Sequence[SourceUtterance], listener: Listener, audio: AudioParams
) -> tuple[list[SourceUtterance], Tensor, list[Reject]]:
    """Acoustic statistics of recordings.

    Returns:
        The utterances that could be heard, their statistics [N, L + 1, 2·D], and why the others
        could not.
    """
    heard, statistics, rejects = [], [], []
    for utterance in track(utterances, "hearing"):
        if utterance.source is None:
            rejects.append(Reject(utterance.place, "path: missing; only recordings are compared"))
            continue
        try:
            found = prepare(utterance.source, audio)
        except AudioError as error:
            rejects.append(Reject(utterance.place, str(error)))
            continue
        spoken = listener.listen(found.samples, found.speech, transcribe=False)
        heard.append(utterance)
        statistics.append(torch.from_numpy(spoken.statistics))
    if not heard:
        raise CorpusError("No recording of the table can be heard.")
    return heard, torch.stack(statistics), rejects


def propose(
    partly: Partly,
    count: int,
    listener: Listener,
    audio: AudioParams,
    *,
    strategy: str = DEFAULT,
    seed: int = 17,
) -> tuple[list[SourceUtterance], list[Reject]]:
    """The unlabelled utterances whose labels would teach most, the best first.

    Args:
        partly: labelled utterances, perhaps none, and unlabelled ones.
        count: how many to propose at most.
        listener: the Whisper whose statistics are compared.
        audio: bounds and cleaning of recordings.
        strategy: a name of `undertone.labelling.active.STRATEGIES`.
        seed: of its chances.

    Returns:
        The proposals, and the recordings that cannot be used.

    Raises:
        CorpusError: no recording can be heard, or every one that can has a label.
    """
    everybody = [*partly.labelled, *partly.unlabelled]
    heard, statistics, rejects = hear_all(everybody, listener, audio)
    known = np.array([bool(utterance.emotion) for utterance in heard])
    if known.all():
        raise CorpusError("Every recording that can be heard has a label already.")
    space = Space(statistics)
    emotions = [utterance.emotion for utterance in heard if utterance.emotion]
    classes = [name for name in EMOTIONS if name in emotions]
    probabilities = None
    if len(classes) >= FEWEST_CLASSES:
        targets = np.array([classes.index(name) for name in emotions])
        probe = Probe().fit(space.pool[known], targets, len(classes))
        probabilities = probe.probabilities(space.pool)
    pool = Pool(space.pool, known, probabilities)
    rng = np.random.default_rng(seed)
    chosen = STRATEGIES[strategy](pool, min(count, len(pool.open)), rng)
    return [heard[place] for place in chosen], [*partly.rejects, *rejects]
