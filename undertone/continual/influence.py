"""Voices whose labels make a quick model worse on speech whose labels are sure."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from pydantic import BaseModel

from undertone.bundle import Bundle
from undertone.evaluation.metrics import Interval, clusters, uar_difference
from undertone.training.examples import Examples

PENALTY = 300.0
FEWEST = 10
SEED = 17


class Influence(BaseModel):
    """What a voice's labels do to the quick model: its UAR with them less that without."""

    voice: str
    labels: int
    effect: Interval

    def harms(self, limit: float) -> bool:
        """Whether they surely cost it something, and more than `limit`."""
        return self.effect.high < 0 and self.effect.value < -limit


def influences(
    bundle: Bundle, new: Examples, voices: pd.DataFrame, sure: Examples
) -> list[Influence]:
    """Measure each voice that is not trusted: leave its labels out, and look at what changes.

    The quick model is a ridge regression on the champion's view of the recording. It learns from
    the new labels and half of the sure ones, and is measured on the other half.

    Args:
        bundle: the champion.
        new: labelled utterances.
        voices: who each label is owed to [N]: `voice`, `trusted`.
        sure: utterances whose labels are beyond doubt.
    """
    owed, trusted = voices["voice"].to_numpy(), voices["trusted"].to_numpy(dtype=bool)
    order = np.random.default_rng(SEED).permutation(len(sure))
    known, asked = sure.take(order[::2]), sure.take(order[1::2])
    truth = asked.targets(bundle.labels).numpy()
    groups = clusters(asked.rows["speaker_id"].tolist())
    found = []
    for voice in sorted(set(owed[~trusted])):
        its = owed == voice
        if its.sum() >= FEWEST:
            without, with_it = (
                _said(bundle, Examples.concat([known, part]), asked)
                for part in (new.take(~its), new)
            )
            effect = uar_difference(truth, without, with_it, len(bundle.labels), groups)
            found.append(Influence(voice=voice, labels=int(its.sum()), effect=effect))
    return found


def _said(bundle: Bundle, learnt: Examples, asked: Examples) -> npt.NDArray[np.intp]:
    from sklearn.linear_model import RidgeClassifier

    quick = RidgeClassifier(alpha=PENALTY)
    quick.fit(_features(bundle, learnt), learnt.targets(bundle.labels).numpy())
    said: npt.NDArray[np.intp] = quick.predict(_features(bundle, asked))
    return said


@torch.no_grad()
def _features(bundle: Bundle, examples: Examples) -> npt.NDArray[np.float32]:
    acoustic = bundle.model.acoustic
    weighed = acoustic.standardise(examples.statistics) * acoustic.layer_weights[:, None]
    features: npt.NDArray[np.float32] = weighed.flatten(1).numpy()
    return features
