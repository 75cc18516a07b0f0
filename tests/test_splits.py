import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undertone.config import SplitParams
from undertone.errors import CorpusError
from undertone.leaks import assert_no_leak
from undertone.splits import assign_splits, split_hash

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
