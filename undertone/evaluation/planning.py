"""The plan of a cross-validation: its turns, looked through for leaks before any fitting."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from undertone.errors import CorpusError
from undertone.fingerprints import Pair
from undertone.leaks import assert_no_leak, assert_no_near_duplicates, repeated_sentences
from undertone.protocols import Protocol, Turn, turns_hash
from undertone.training.examples import labels_of


@dataclass(frozen=True)
class Plan:
    """The turns of a protocol on some rows.

    Attributes:
        protocol: what parts them.
        turns: its turns.
        labels: the emotions that are told apart.
        hash: of which utterance stands where.
        repeated: test utterances whose sentence their speaker also says in train or validation.
    """

    protocol: Protocol
    turns: list[Turn]
    labels: tuple[str, ...]
    hash: str
    repeated: int


def make_plan(protocol: Protocol, rows: pd.DataFrame, pairs: Sequence[Pair], seed: int) -> Plan:
    """Part rows by a protocol, and make sure that no turn leaks.

    Args:
        protocol: what parts them.
        rows: manifest rows of one corpus or several.
        pairs: recordings of the same take among them, from `undertone.leaks.near_duplicates`.
        seed: of what the protocol chooses by chance.

    Raises:
        CorpusError: a turn leaks, or the corpora do not fit the protocol or each other.
    """
    if protocol.kind != "cross-corpus":
        _require_same_emotions(rows)
    turns = protocol.turns(rows, seed)
    tested = rows.iloc[np.concatenate([turn.test for turn in turns])]
    return Plan(
        protocol=protocol,
        turns=turns,
        labels=labels_of(tested),
        hash=turns_hash(rows, turns),
        repeated=sum(_look_through(turn, rows, protocol, pairs) for turn in turns),
    )


def _look_through(turn: Turn, rows: pd.DataFrame, protocol: Protocol, pairs: Sequence[Pair]) -> int:
    split = turn.split(rows)
    assert_no_near_duplicates(split, pairs)
    taking_part = split.dropna(subset="split")
    assert_no_leak(taking_part, by_speaker=protocol.independent)
    return repeated_sentences(taking_part)


def _require_same_emotions(rows: pd.DataFrame) -> None:
    sets = {str(name): frozenset(part) for name, part in rows.groupby("corpus")["emotion"]}
    if len(set(sets.values())) > 1:
        told = "; ".join(f"{name}: {', '.join(sorted(part))}" for name, part in sets.items())
        raise CorpusError(
            f"The corpora have different emotions ({told}). Evaluate each alone, or by "
            "cross-corpus, which keeps the shared ones."
        )
