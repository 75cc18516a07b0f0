"""Which old utterances are learnt again beside the new ones, so that they are not forgotten."""

import numpy as np
import pandas as pd


def choose_replay(train: pd.DataFrame, size: int, seed: int) -> pd.DataFrame:
    """Draw old training utterances, the same number of each emotion and, within it, speaker.

    Emotions or speakers that run out leave their places to the others.

    Args:
        train: manifest rows of the old training split.
        size: how many to draw; all of them where there are fewer.
        seed: of the draw.

    Returns:
        The drawn rows, in the order of `train`.
    """
    luck = pd.Series(np.random.default_rng(seed).permutation(len(train)), index=train.index)
    shuffled = train.assign(_luck=luck).sort_values("_luck")
    shuffled["_turn"] = shuffled.groupby(["emotion", "speaker_id"]).cumcount()
    shuffled = shuffled.sort_values(["_turn", "_luck"])
    shuffled["_turn"] = shuffled.groupby("emotion").cumcount()
    chosen = shuffled.sort_values(["_turn", "_luck"]).index[:size]
    return train.loc[train.index.isin(chosen)]


def replay_size(new: int, share: float) -> int:
    """How many old utterances make up `share` of the training set beside `new` new ones."""
    return round(new * share / (1 - share))
