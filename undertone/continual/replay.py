"""Which old utterances are kept and learnt again beside the new, so as not to be forgotten."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from undertone.shards.members import size_of
from undertone.training.examples import Examples

LEVELS = ("corpus", "emotion", "speaker_id")


def choose_replay(train: pd.DataFrame, size: int, seed: int) -> pd.DataFrame:
    """Draw utterances, the same number of each domain and, within it, emotion and then speaker.

    Domains, emotions or speakers that run out leave their places to the others.

    Args:
        train: manifest rows of the old training split; `corpus` names the domain.
        size: how many to draw; all of them where there are fewer.
        seed: of the draw.

    Returns:
        The drawn rows, in the order of `train`.
    """
    return train.iloc[np.sort(_order(train, seed)[:size])]


def replay_size(new: int, share: float) -> int:
    """How many old utterances make up `share` of the training set beside `new` new ones."""
    return round(new * share / (1 - share))


def reservoir(train: Examples, megabytes: float, seed: int) -> Examples:
    """As many utterances as a memory holds, balanced as `choose_replay` does.

    Args:
        train: utterances of all domains so far.
        megabytes: what recordings, statistics and words of those kept may take together.
        seed: of the draw.
    """
    order = _order(train.rows, seed)
    fits = np.cumsum(sizes_of(train)[order]) <= megabytes * 1e6
    return train.take(np.sort(order[fits]))


def sizes_of(examples: Examples) -> npt.NDArray[np.int64]:
    """Bytes of each utterance's recording, statistics and words [N]."""
    tensors = [part for part in (examples.statistics, examples.views) if part is not None]
    shared = sum(part[0].nbytes for part in tensors if len(part))
    words = (len(text.encode()) for text in examples.texts())
    files = (size_of(path) if path else 0 for path in examples.paths("path"))
    own = (file + text for file, text in zip(files, words, strict=True))
    return shared + np.fromiter(own, np.int64, len(examples))


def _order(rows: pd.DataFrame, seed: int) -> npt.NDArray[np.intp]:
    """Positions of rows [N] in turns: one of each domain, of it one of each emotion, and so on."""
    frame = rows[list(LEVELS)].reset_index(drop=True)
    turns = ["luck"]
    frame["luck"] = np.random.default_rng(seed).permutation(len(frame))
    for depth in range(len(LEVELS), 0, -1):
        groups = frame.sort_values(turns).groupby(list(LEVELS[:depth]), dropna=False)
        frame[f"turn {depth}"] = groups.cumcount()
        turns = [f"turn {depth}", "luck"]
    return frame.sort_values(turns).index.to_numpy()
