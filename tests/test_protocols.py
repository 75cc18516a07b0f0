import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from undertone.errors import ConfigError, CorpusError
from undertone.leaks import assert_no_leak
from undertone.protocols import Protocol, Turn, turns_hash

EMOTIONS = ["anger", "happiness", "neutral", "sadness"]


def manifest(
    speakers: int, corpus: str = "a", each: int = 8, emotions: list[str] = EMOTIONS
) -> pd.DataFrame:
    rows = [
        (f"{corpus}{who:02d}-{turn}", f"{corpus}{who:02d}", emotions[turn % len(emotions)])
        for who in range(speakers)
        for turn in range(each)
    ]
    frame = pd.DataFrame(rows, columns=["utterance_id", "speaker_id", "emotion"])
    names = frame["utterance_id"]
    return frame.assign(corpus=corpus, path="audio/" + names, sha256=names, split=None)


def turns_of(protocol: str, rows: pd.DataFrame, seed: int = 0) -> list[Turn]:
    return Protocol.parse(protocol).turns(rows, seed)


@settings(max_examples=20, deadline=None)
@given(st.integers(4, 14), st.integers(2, 14), st.integers(0, 3))
def test_folds_test_every_utterance_once_and_never_train_on_its_speaker(
    speakers: int, blocks: int, seed: int
) -> None:
    assume(blocks <= speakers and speakers - -(-speakers // blocks) >= 3)
    rows = manifest(speakers)
    turns = turns_of(f"folds:{blocks}", rows, seed)
    assert len(turns) == blocks
    tested = np.concatenate([turn.test for turn in turns])
    assert sorted(tested) == list(range(len(rows)))
    for turn in turns:
        split = turn.split(rows)
        assert_no_leak(split)
        assert set(split["split"]) == {"train", "validation", "test"}


def test_folds_are_blocks_of_consecutive_speakers() -> None:
    rows = manifest(24)
    turns = turns_of("folds:6", rows)
    assert turns[0].name == "a00..a03"
    assert set(rows["speaker_id"].iloc[turns[5].test]) == {"a20", "a21", "a22", "a23"}


def test_loso_leaves_one_speaker_out() -> None:
    assert [turn.name for turn in turns_of("loso", manifest(5))] == [
        f"a0{speaker}" for speaker in range(5)
    ]


def test_official_is_the_corpus_own() -> None:
    rows = manifest(3)
    own = rows["speaker_id"].map({"a00": "train", "a01": "validation", "a02": "test"})
    (turn,) = turns_of("official", rows.assign(split=own))
    assert turn.split(rows)["split"].tolist() == own.tolist()
    with pytest.raises(CorpusError, match="no official"):
        turns_of("official", rows)


def test_cross_corpus_tests_on_what_never_trained() -> None:
    first = manifest(6, "a", emotions=[*EMOTIONS, "boredom"])
    rows = pd.concat([first, manifest(5, "b", emotions=[*EMOTIONS, "calm"])], ignore_index=True)
    turns = turns_of("cross-corpus", rows)
    assert [turn.name for turn in turns] == ["to a", "to b"]
    for turn, corpus in zip(turns, "ab", strict=True):
        split = turn.split(rows).dropna(subset="split")
        assert set(split["emotion"]) == set(EMOTIONS)
        assert_no_leak(split)
        tests = split["split"] == "test"
        assert set(split.loc[tests, "corpus"]) == {corpus}
        assert corpus not in set(split.loc[~tests, "corpus"])
        assert "validation" in set(split["split"])


def test_cross_corpus_needs_corpora_that_share_emotions() -> None:
    with pytest.raises(CorpusError, match="two corpora or more"):
        turns_of("cross-corpus", manifest(5))
    apart = [manifest(5, "a", emotions=["anger"]), manifest(5, "b", emotions=["calm"])]
    with pytest.raises(CorpusError, match="share 0 emotions"):
        turns_of("cross-corpus", pd.concat(apart))


def test_speaker_dependent_folds_are_stratified_and_dependent() -> None:
    rows = manifest(6)
    protocol = Protocol.parse("speaker-dependent:4")
    turns = protocol.turns(rows, 0)
    assert not protocol.independent
    assert sorted(np.concatenate([turn.test for turn in turns])) == list(range(len(rows)))
    for turn in turns:
        assert rows["emotion"].iloc[turn.test].value_counts().tolist() == [3, 3, 3, 3]
        assert not {*turn.train} & {*turn.validation}
        split = turn.split(rows)
        assert_no_leak(split, by_speaker=False)
        with pytest.raises(CorpusError, match="speaker_id"):
            assert_no_leak(split)
    with pytest.raises(CorpusError, match="too few for 12"):
        turns_of("speaker-dependent:12", rows)


def test_hash_tells_any_move_but_not_the_order_of_rows() -> None:
    rows = manifest(5)
    known = turns_hash(rows, turns_of("loso", rows))
    shuffled = rows.sample(frac=1, random_state=0).reset_index(drop=True)
    assert turns_hash(shuffled, turns_of("loso", shuffled)) == known
    assert turns_hash(rows, turns_of("folds:5", rows)) == known
    assert turns_hash(rows, turns_of("folds:4", rows)) != known
    first, *others = turns_of("loso", rows)
    moved = Turn(
        first.name, first.train[1:], np.append(first.validation, first.train[0]), first.test
    )
    assert turns_hash(rows, [moved, *others]) != known


@pytest.mark.parametrize(
    "protocol", ["random", "folds:", "folds", "folds:1", "folds:x", "loso:3", "official:", ""]
)
def test_unknown_protocols(protocol: str) -> None:
    with pytest.raises(ConfigError, match="Known: loso, folds:N"):
        Protocol.parse(protocol)


@pytest.mark.parametrize(
    "protocol", ["loso", "folds:6", "official", "cross-corpus", "speaker-dependent:10"]
)
def test_protocols_are_written_as_they_are_read(protocol: str) -> None:
    assert str(Protocol.parse(protocol)) == protocol


def test_more_blocks_than_speakers() -> None:
    with pytest.raises(CorpusError, match="at least 9 speakers"):
        turns_of("folds:9", manifest(5))
