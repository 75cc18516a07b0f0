"""Evaluation protocols: who trains, validates and tests, turn by turn."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from undertone.errors import ConfigError, CorpusError
from undertone.manifest import SPLITS
from undertone.splits import deal_speakers

VALIDATION_SHARE = 0.15
KNOWN = "loso, folds:N, official, cross-corpus, speaker-dependent:N (N at least 2)"

Kind = Literal["loso", "folds", "official", "cross-corpus", "speaker-dependent"]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Turn:
    """One turn of a protocol: positions of the rows that train, validate and test."""

    name: str
    train: Indices
    validation: Indices
    test: Indices

    def split(self, rows: pd.DataFrame) -> pd.DataFrame:
        """All rows with their `split` in this turn, none for those that sit it out."""
        splits = np.full(len(rows), None, dtype=object)
        for name, part in zip(SPLITS, (self.train, self.validation, self.test), strict=True):
            splits[part] = name
        return rows.assign(split=splits)


@dataclass(frozen=True)
class Protocol:
    """How a corpus is parted, turn by turn, into train, validation and test.

    - `loso` leaves one speaker out for test at a time.
    - `folds:N` tests on N blocks of consecutive speakers, in the order of their names.
    - `official` is one turn with the corpus's own splits.
    - `cross-corpus` tests on each whole corpus in turn after training on all others, on the
      emotions that all share.
    - `speaker-dependent:N` tests on N random folds, stratified by emotion. Its test speakers also
      train, which flatters: it may stand only beside one of the others.

    Where a protocol chooses validation utterances itself, they are of whole speakers, about 15 %
    of what does not test; for `speaker-dependent` they are random.
    """

    kind: Kind
    blocks: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """The protocol that `text` names.

        Raises:
            ConfigError: it names none.
        """
        match text.partition(":"):
            case ("loso" | "official" | "cross-corpus") as kind, "", "":
                return cls(kind)
            case ("folds" | "speaker-dependent") as kind, ":", number if (
                number.isdecimal() and int(number) >= 2
            ):
                return cls(kind, int(number))
        raise ConfigError(f"There is no protocol '{text}'. Known: {KNOWN}.")

    def __str__(self) -> str:
        return f"{self.kind}:{self.blocks}" if self.blocks else self.kind

    @property
    def independent(self) -> bool:
        """Whether its test speakers never train."""
        return self.kind != "speaker-dependent"

    def turns(self, rows: pd.DataFrame, seed: int) -> list[Turn]:
        """The turns on these rows of one corpus or several.

        Args:
            rows: manifest rows.
            seed: of what is chosen by chance: validation utterances, speaker-dependent folds.

        Raises:
            CorpusError: there are too few speakers, corpora, shared emotions or utterances of an
                emotion, or the corpus has no official splits.
        """
        rows = rows.reset_index(drop=True)
        match self.kind:
            case "official":
                return [_official(rows)]
            case "cross-corpus":
                return _across(rows, seed)
            case "speaker-dependent":
                return _stratified(rows, self.blocks, seed)
        return _by_speaker(rows, self, seed)


def choose_protocols(protocol: str, beside: str | None = None) -> list[Protocol]:
    """The protocol of a run, and the speaker-dependent one to report beside it.

    Raises:
        ConfigError: one is unknown, or stands where only the other kind may.
    """
    main = Protocol.parse(protocol)
    if not main.independent:
        raise ConfigError(
            f"'{protocol}' alone would flatter: its test speakers also train, so the score says "
            "nothing about a new speaker. Ask for it beside an independent protocol, such as "
            f"--protocol loso --beside {protocol}."
        )
    if beside is None:
        return [main]
    other = Protocol.parse(beside)
    if other.independent:
        raise ConfigError(
            f"'{beside}' is speaker-independent and stands by itself: run it as the protocol. "
            "Only speaker-dependent:N goes beside another one."
        )
    return [main, other]


def turns_hash(rows: pd.DataFrame, turns: Sequence[Turn]) -> str:
    """Hex SHA-256 of which utterance stands where in which turn, in whatever order rows come."""
    digest = hashlib.sha256()
    names = rows["utterance_id"].to_numpy()
    for turn in turns:
        for split, part in zip(SPLITS, (turn.train, turn.validation, turn.test), strict=True):
            lines = (f"{turn.name}\t{split}\t{name}\n" for name in sorted(names[part]))
            digest.update("".join(lines).encode())
    return digest.hexdigest()


def _by_speaker(rows: pd.DataFrame, protocol: Protocol, seed: int) -> list[Turn]:
    speakers = np.array(sorted(rows["speaker_id"].unique()), dtype=object)
    blocks = protocol.blocks or len(speakers)
    if not 2 <= blocks <= len(speakers):
        raise CorpusError(
            f"'{protocol}' needs at least {max(blocks, 2)} speakers, not {len(speakers)}."
        )
    return [
        _turn(_range(block.tolist()), rows, rows["speaker_id"].isin(block), [seed, number])
        for number, block in enumerate(np.array_split(speakers, blocks))
    ]


def _range(speakers: Sequence[str]) -> str:
    return speakers[0] if len(speakers) == 1 else f"{speakers[0]}..{speakers[-1]}"


def _across(rows: pd.DataFrame, seed: int) -> list[Turn]:
    corpora = sorted(rows["corpus"].unique())
    if len(corpora) < 2:
        raise CorpusError(f"'cross-corpus' needs two corpora or more, not {', '.join(corpora)}.")
    shared = rows[rows["emotion"].isin(_shared_emotions(rows))]
    return [
        _turn(f"to {corpus}", shared, shared["corpus"] == corpus, [seed, number])
        for number, corpus in enumerate(corpora)
    ]


def _shared_emotions(rows: pd.DataFrame) -> set[str]:
    sets = [set(emotions) for _, emotions in rows.groupby("corpus")["emotion"]]
    shared = set.intersection(*sets)
    if len(shared) < 2:
        raise CorpusError(
            f"The corpora share {len(shared)} emotions; two at least are needed to tell apart."
        )
    return shared


def _turn(name: str, rows: pd.DataFrame, tests: "pd.Series[bool]", seed: list[int]) -> Turn:
    rest = rows[~tests]
    parts = deal_speakers(rest, {"validation": VALIDATION_SHARE}, np.random.default_rng(seed))
    chooses = rest["speaker_id"].isin(parts["validation"])
    return Turn(
        name,
        train=_positions(rest[~chooses]),
        validation=_positions(rest[chooses]),
        test=_positions(rows[tests]),
    )


def _official(rows: pd.DataFrame) -> Turn:
    if not rows["split"].isin(SPLITS).all() or rows["split"].nunique() < len(SPLITS):
        raise CorpusError(
            "This corpus has no official train, validation and test splits for all its rows, or "
            "was ingested with others: choose another protocol, or ingest it with "
            "split.protocol=official."
        )
    return Turn("official", *(_positions(rows[rows["split"] == split]) for split in SPLITS))


def _stratified(rows: pd.DataFrame, blocks: int, seed: int) -> list[Turn]:
    from sklearn.model_selection import StratifiedKFold, train_test_split

    emotions = rows["emotion"].to_numpy()
    rarest, count = rows["emotion"].value_counts().index[-1], rows["emotion"].value_counts().min()
    if count <= blocks:
        raise CorpusError(f"{count} utterances of {rarest} are too few for {blocks} random folds.")
    folds = StratifiedKFold(blocks, shuffle=True, random_state=seed)
    turns = []
    for number, (rest, test) in enumerate(folds.split(emotions, emotions), start=1):
        share = {"test_size": VALIDATION_SHARE, "random_state": seed}
        train, validation = train_test_split(rest, stratify=emotions[rest], **share)
        turns.append(Turn(f"fold {number}", np.sort(train), np.sort(validation), test))
    return turns


def _positions(rows: pd.DataFrame) -> Indices:
    return rows.index.to_numpy(dtype=np.intp)
