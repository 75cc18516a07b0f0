"""Who trains, who validates, who tests: whole speakers, never parts of them."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from undertone.config import SplitParams
from undertone.errors import ConfigError, CorpusError
from undertone.manifest import SPLITS

DEALS = 400
VALIDATION_SHARE = 0.15

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fold:
    """One turn of a cross-validation: no speaker stands in two of its three parts."""

    name: str
    test_speakers: tuple[str, ...]
    validation_speakers: tuple[str, ...]
    train_speakers: tuple[str, ...]


def assign_splits(frame: pd.DataFrame, params: SplitParams) -> pd.DataFrame:
    """A copy of the manifest with `split` filled in.

    Protocol `official` keeps the corpus's own. Protocol `speakers` deals out whole speakers: of
    many seeded deals the one is taken whose splits come nearest to the wanted shares, in
    utterances and in each emotion, among those that leave every emotion in train.

    Raises:
        CorpusError: the corpus has no official splits, or too few speakers to deal out.
    """
    if params.protocol == "official":
        return _official(frame)
    shares = {"test": params.test, "validation": params.validation}
    parts = _deal(frame, shares, np.random.default_rng(params.seed))
    split_of = {speaker: split for split, part in parts.items() for speaker in part}
    return frame.assign(split=frame["speaker_id"].map(split_of))


def split_hash(frame: pd.DataFrame) -> str:
    """Hex SHA-256 of which utterance stands in which split, in whatever order the rows come."""
    lines = sorted(f"{row.utterance_id}\t{row.split}\n" for row in frame.itertuples())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def assert_no_leak(frame: pd.DataFrame) -> None:
    """Make sure that no voice, no recording and no utterance stands in two splits.

    Speakers are looked at where there is a recording. A row of text has no voice to recognise,
    and the official splits of text corpora share their characters.

    Raises:
        CorpusError: one does, or a row has no split; names them.
    """
    if frame["split"].isna().any():
        raise CorpusError("Some rows of the manifest have no split. Ingest the corpus again.")
    voiced = frame[frame["path"].notna()]
    for column, rows in (("speaker_id", voiced), ("sha256", voiced), ("utterance_id", frame)):
        splits = rows.groupby(column)["split"].nunique()
        leaks = splits.index[splits > 1]
        if len(leaks):
            names = ", ".join(map(str, leaks[:5])) + (", …" if len(leaks) > 5 else "")
            raise CorpusError(
                f"{len(leaks)} {column} stand in more than one split: {names}. "
                "Set split.protocol to 'speakers' and ingest the corpus again."
            )


def folds(frame: pd.DataFrame, protocol: str, seed: int) -> Iterator[Fold]:
    """The turns of a speaker-independent cross-validation.

    Args:
        frame: a manifest.
        protocol: `loso` (leave one speaker out) or `folds:N` (N blocks of consecutive speakers
            in the order of their names).
        seed: of the choice of validation speakers among those that do not test.

    Raises:
        ConfigError: the protocol is neither.
        CorpusError: fewer speakers than blocks, or too few to train and validate on.
    """
    speakers = sorted(frame["speaker_id"].unique())
    blocks = np.array_split(np.array(speakers, dtype=object), _blocks(protocol, len(speakers)))
    for number, block in enumerate(blocks):
        rest = frame[~frame["speaker_id"].isin(block)]
        rng = np.random.default_rng([seed, number])
        parts = _deal(rest, {"validation": VALIDATION_SHARE}, rng)
        name = block[0] if len(block) == 1 else f"{block[0]}..{block[-1]}"
        yield Fold(name, tuple(block), parts["validation"], parts["train"])


def _official(frame: pd.DataFrame) -> pd.DataFrame:
    if not frame["split"].isin(SPLITS).all():
        raise CorpusError(
            "This corpus has no official splits for all its rows. Set split.protocol to 'speakers'."
        )
    return frame.copy()


def _blocks(protocol: str, speakers: int) -> int:
    kind, _, number = protocol.partition(":")
    if protocol == "loso":
        blocks = speakers
    elif kind == "folds" and number.isdecimal() and int(number) >= 2:
        blocks = int(number)
    else:
        raise ConfigError(
            f"There is no protocol '{protocol}'. Known: loso, folds:N (N at least 2)."
        )
    if not 2 <= blocks <= speakers:
        raise CorpusError(f"'{protocol}' needs at least {max(blocks, 2)} speakers, not {speakers}.")
    return blocks


def _deal(
    frame: pd.DataFrame, shares: Mapping[str, float], rng: np.random.Generator
) -> dict[str, tuple[str, ...]]:
    """Speakers of each named share, and of `train`, which takes the rest."""
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
