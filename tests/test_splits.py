import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from undertone.config import SplitParams
from undertone.errors import ConfigError, CorpusError
from undertone.splits import assert_no_leak, assign_splits, folds, split_hash

EMOTIONS = ["anger", "happiness", "neutral", "sadness"]


def manifest(speakers: int, per_speaker: int = 8, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (f"u{who:03d}-{turn}", f"s{who:02d}", EMOTIONS[turn % len(EMOTIONS)])
        for who in range(speakers)
        for turn in range(per_speaker + int(rng.integers(0, 5)))
    ]
    frame = pd.DataFrame(rows, columns=["utterance_id", "speaker_id", "emotion"])
    return frame.assign(path="audio/" + frame["utterance_id"], sha256=frame["utterance_id"])


@settings(max_examples=30, deadline=None)
@given(
    st.integers(4, 40),
    st.integers(0, 5),
    st.floats(0.1, 0.4),
    st.floats(0.1, 0.3),
)
def test_no_speaker_stands_in_two_splits(
    speakers: int, seed: int, test: float, validation: float
) -> None:
    params = SplitParams(test=test, validation=validation, seed=seed)
    frame = assign_splits(manifest(speakers), params)
    assert_no_leak(frame)
    assert (frame.groupby("speaker_id")["split"].nunique() == 1).all()
    assert set(frame["split"]) == {"train", "validation", "test"}
    assert set(frame.loc[frame["split"] == "train", "emotion"]) == set(EMOTIONS)


SPLIT = assign_splits(manifest(5), SplitParams()).head(40)


@given(st.permutations(range(40)))
def test_split_hash_does_not_depend_on_the_order(order: list[int]) -> None:
    assert split_hash(SPLIT.iloc[order]) == split_hash(SPLIT)


def test_split_hash_tells_any_move() -> None:
    frame = assign_splits(manifest(5), SplitParams())
    moved = frame.copy()
    moved.loc[0, "split"] = "test" if moved.loc[0, "split"] == "train" else "train"
    assert split_hash(moved) != split_hash(frame)


def test_sizes_are_near_the_wanted_shares() -> None:
    frame = assign_splits(manifest(30), SplitParams(test=0.25, validation=0.15))
    shares = frame["split"].value_counts(normalize=True)
    assert shares["test"] == pytest.approx(0.25, abs=0.02)
    assert shares["validation"] == pytest.approx(0.15, abs=0.02)


def test_the_seed_decides() -> None:
    frame = manifest(12)
    first, again = (assign_splits(frame, SplitParams(seed=1)) for _ in range(2))
    other = assign_splits(frame, SplitParams(seed=2))
    assert split_hash(first) == split_hash(again) != split_hash(other)
    shuffled = assign_splits(frame.sample(frac=1, random_state=0), SplitParams(seed=1))
    assert split_hash(shuffled) == split_hash(first)


def test_a_rare_emotion_stays_in_train() -> None:
    frame = manifest(8)
    frame.loc[frame["speaker_id"] == "s03", "emotion"] = "boredom"
    for seed in range(10):
        split = assign_splits(frame, SplitParams(seed=seed)).set_index("speaker_id")["split"]
        assert set(split["s03"]) == {"train"}


def test_too_few_speakers() -> None:
    with pytest.raises(CorpusError, match="too few"):
        assign_splits(manifest(2), SplitParams())


def test_official_splits_are_kept_or_asked_for() -> None:
    frame = manifest(3).assign(split="train")
    official = SplitParams(protocol="official")
    assert set(assign_splits(frame, official)["split"]) == {"train"}
    with pytest.raises(CorpusError, match="no official splits"):
        assign_splits(frame.assign(split=None), official)


@pytest.mark.parametrize("column", ["speaker_id", "sha256", "utterance_id"])
def test_leaks_are_named(column: str) -> None:
    frame = assign_splits(manifest(6), SplitParams())
    first = frame.index[frame["split"] == "train"][0]
    second = frame.index[frame["split"] == "test"][0]
    frame.loc[second, column] = frame.loc[first, column]
    with pytest.raises(CorpusError, match=f"{column}.*{frame.loc[first, column]}"):
        assert_no_leak(frame)


def test_text_without_voices_may_share_its_characters() -> None:
    frame = manifest(2).assign(path=None, sha256=None)
    assert_no_leak(
        frame.assign(split=["train", "test"] * (len(frame) // 2) + ["train"] * (len(frame) % 2))
    )


def test_rows_without_a_split_are_a_leak() -> None:
    with pytest.raises(CorpusError, match="no split"):
        assert_no_leak(manifest(2).assign(split=None))


@settings(max_examples=20, deadline=None)
@given(st.integers(4, 14), st.integers(2, 14), st.integers(0, 3))
def test_folds_test_every_speaker_once_and_never_train_on_them(
    speakers: int, blocks: int, seed: int
) -> None:
    assume(blocks <= speakers and speakers - speakers // blocks >= 3)
    turns = list(folds(manifest(speakers), f"folds:{blocks}", seed))
    assert len(turns) == blocks
    assert sum((turn.test_speakers for turn in turns), ()) == tuple(
        f"s{who:02d}" for who in range(speakers)
    )
    for turn in turns:
        parts = (turn.test_speakers, turn.validation_speakers, turn.train_speakers)
        assert all(parts)
        assert len(set().union(*parts)) == sum(map(len, parts)) == speakers


def test_folds_are_blocks_of_consecutive_speakers() -> None:
    turns = list(folds(manifest(24), "folds:6", 0))
    assert turns[0].test_speakers == ("s00", "s01", "s02", "s03")
    assert turns[5].test_speakers == ("s20", "s21", "s22", "s23")
    assert turns[0].name == "s00..s03"


def test_loso_leaves_one_speaker_out() -> None:
    turns = list(folds(manifest(5), "loso", 0))
    assert [turn.name for turn in turns] == ["s00", "s01", "s02", "s03", "s04"]
    assert turns == list(folds(manifest(5), "loso", 0))


@pytest.mark.parametrize("protocol", ["random", "folds:", "folds:1", "folds:x", "loso:3", ""])
def test_unknown_protocols(protocol: str) -> None:
    with pytest.raises(ConfigError, match="Known: loso, folds:N"):
        next(folds(manifest(5), protocol, 0))


def test_more_blocks_than_speakers() -> None:
    with pytest.raises(CorpusError, match="at least 9 speakers"):
        next(folds(manifest(5), "folds:9", 0))
