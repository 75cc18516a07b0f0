import pandas as pd
import pytest

from undertone.config import SplitParams
from undertone.errors import CorpusError
from undertone.fingerprints import Pair
from undertone.leaks import assert_no_leak, assert_no_near_duplicates, repeated_sentences
from undertone.splits import assign_splits

EMOTIONS = ("anger", "neutral")


def manifest(speakers: int = 6) -> pd.DataFrame:
    rows = [
        (f"s{who}-{emotion}", f"s{who}", emotion) for who in range(speakers) for emotion in EMOTIONS
    ]
    frame = pd.DataFrame(rows, columns=["utterance_id", "speaker_id", "emotion"])
    frame = frame.assign(path="audio/" + frame["utterance_id"], sha256=frame["utterance_id"])
    return assign_splits(frame, SplitParams())


def first_of(frame: pd.DataFrame, split: str) -> int:
    return int(frame.index[frame["split"] == split][0])


def test_dealt_speakers_do_not_leak() -> None:
    frame = manifest()
    assert_no_leak(frame)
    assert set(frame["split"]) == {"train", "validation", "test"}


@pytest.mark.parametrize("column", ["speaker_id", "sha256", "utterance_id"])
def test_leaks_are_named(column: str) -> None:
    frame = manifest()
    leaked = frame.loc[first_of(frame, "train"), column]
    frame.loc[first_of(frame, "test"), column] = leaked
    with pytest.raises(CorpusError, match=f"{column}.*{leaked}"):
        assert_no_leak(frame)


def test_speakers_may_be_left_out_but_not_recordings() -> None:
    frame = manifest()
    train, test = first_of(frame, "train"), first_of(frame, "test")
    frame.loc[test, "speaker_id"] = frame.loc[train, "speaker_id"]
    assert_no_leak(frame, by_speaker=False)
    frame.loc[test, "sha256"] = frame.loc[train, "sha256"]
    with pytest.raises(CorpusError, match="sha256"):
        assert_no_leak(frame, by_speaker=False)


def test_text_without_voices_may_share_its_characters() -> None:
    frame = manifest(2 * 6).assign(path=None, sha256=None)
    assert_no_leak(frame.assign(split=["train", "test"] * (len(frame) // 2)))


def test_rows_without_a_split_are_a_leak() -> None:
    with pytest.raises(CorpusError, match="no split"):
        assert_no_leak(manifest().assign(split=None))


def test_a_take_in_two_splits_is_named() -> None:
    frame = manifest()
    train, test = first_of(frame, "train"), first_of(frame, "test")
    names = frame["utterance_id"]
    with pytest.raises(CorpusError, match=rf"{names[train]} \(train\) and {names[test]} \(test\)"):
        assert_no_near_duplicates(frame, [Pair(train, test, 0.9)])


def test_a_take_in_one_split_or_in_none_does_not_matter() -> None:
    frame = manifest()
    train, test = first_of(frame, "train"), first_of(frame, "test")
    assert_no_near_duplicates(frame, [Pair(train, train + 1, 0.9)])
    frame.loc[test, "split"] = None
    assert_no_near_duplicates(frame, [Pair(train, test, 0.9)])


def test_repeated_sentences_are_those_of_the_same_speaker() -> None:
    frame = pd.DataFrame(
        [
            ("ross", "train", "Hi, there!"),
            ("ross", "test", "hi there"),
            ("rachel", "test", "Hi there"),
            ("ross", "test", "No."),
            ("ross", "validation", None),
            ("ross", "test", None),
        ],
        columns=["speaker_id", "split", "text"],
    )
    assert repeated_sentences(frame) == 1
