"""Who trains, who validates, who tests: whole speakers, never parts of them."""

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from undertone.config import SplitParams
from undertone.errors import CorpusError
from undertone.manifest import SPLITS

DEALS = 400

Counts = npt.NDArray[np.int64]


def assign_splits(frame: pd.DataFrame, params: SplitParams) -> pd.DataFrame:
    """A copy of the manifest with `split` filled in.

    Protocol `official` keeps the corpus's own; `speakers` deals out whole speakers, see
    `deal_speakers`.

    Raises:
        CorpusError: the corpus has no official splits, or too few speakers to deal out.
    """
    if params.protocol == "official":
        return _official(frame)
    shares = {"test": params.test, "validation": params.validation}
    parts = deal_speakers(frame, shares, np.random.default_rng(params.seed))
    split_of = {speaker: split for split, part in parts.items() for speaker in part}
    return frame.assign(split=frame["speaker_id"].map(split_of))


def split_hash(frame: pd.DataFrame) -> str:
    """Hex SHA-256 of which utterance stands in which split, in whatever order the rows come."""
    lines = sorted(f"{row.utterance_id}\t{row.split}\n" for row in frame.itertuples())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def deal_speakers(
    frame: pd.DataFrame, shares: Mapping[str, float], rng: np.random.Generator
) -> dict[str, tuple[str, ...]]:
    """Deal out whole speakers: those of each named share, and of `train`, which takes the rest.

    Of many deals the one is taken whose parts come nearest to the wanted shares, in utterances
    and in each emotion, among those that leave every emotion in train.

    Raises:
        CorpusError: there are too few speakers.
    """
    table = pd.crosstab(frame["speaker_id"], frame["emotion"])
    counts = table.to_numpy()
    bounds = np.cumsum(list(shares.values()))
    wanted = counts.sum(axis=0) * np.diff([0, *bounds, 1])[:, None]
    deals = (_cut(counts, rng.permutation(len(counts)), bounds) for _ in range(DEALS))
    best = min(deals, key=lambda parts: _miss(counts, parts, wanted))
    if not np.isfinite(_miss(counts, best, wanted)):
        raise CorpusError(
            f"{len(counts)} speakers are too few to deal out: each of {', '.join(shares)} and "
            "train needs one, and train one of every emotion."
        )
    names = [*shares, "train"]
    return {name: tuple(sorted(table.index[part])) for name, part in zip(names, best, strict=True)}


def _official(frame: pd.DataFrame) -> pd.DataFrame:
    if not frame["split"].isin(SPLITS).all():
        raise CorpusError(
            "This corpus has no official splits for all its rows. Set split.protocol to 'speakers'."
        )
    return frame.copy()


def _cut(counts: Counts, order: Counts, bounds: npt.NDArray[np.float64]) -> list[Counts]:
    """Cut an order of speakers where the running share of utterances is nearest to the bounds."""
    running = np.concatenate([[0], np.cumsum(counts[order].sum(axis=1))])
    ends: list[int] = []
    for number, bound in enumerate(bounds):
        nearest = int(np.abs(running - bound * running[-1]).argmin())
        least = ends[-1] + 1 if ends else 1
        most = len(order) - (len(bounds) - number)
        ends.append(min(max(nearest, least), most))
    return np.split(order, ends)


def _miss(counts: Counts, parts: list[Counts], wanted: npt.NDArray[np.float64]) -> float:
    """Utterances by which sizes and emotions are off; infinite where train lacks an emotion."""
    dealt = np.array([counts[part].sum(axis=0) for part in parts])
    if min(map(len, parts)) == 0 or not dealt[-1].all():
        return np.inf
    by_size = np.abs((dealt - wanted).sum(axis=1)).sum()
    return float(by_size + np.abs(dealt - wanted).sum())
