import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undertone.continual.replay import choose_replay, replay_size


def manifest(seed: int, rows: int = 300) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "corpus": "studio",
            "utterance_id": [f"u{k}" for k in range(rows)],
            "speaker_id": generator.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1]),
            "emotion": generator.choice(["anger", "calm", "neutral"], rows, p=[0.2, 0.2, 0.6]),
        }
    )


@given(seed=st.integers(0, 999), size=st.integers(0, 60))
@settings(max_examples=30, deadline=None)
def test_emotions_come_equally_often(seed: int, size: int) -> None:
    chosen = choose_replay(manifest(seed), size, seed)
    counts = chosen["emotion"].value_counts().reindex(["anger", "calm", "neutral"], fill_value=0)
    assert len(chosen) == chosen["utterance_id"].nunique() == size
    assert counts.max() - counts.min() <= 1


def test_speakers_of_an_emotion_come_equally_often() -> None:
    chosen = choose_replay(manifest(1), 27, seed=3)
    counts = chosen.groupby(["emotion", "speaker_id"]).size()
    assert set(counts) == {3}


def test_domains_come_equally_often_however_large() -> None:
    small = manifest(6, rows=200).assign(corpus="telephone")
    chosen = choose_replay(pd.concat([manifest(7, rows=900), small]), 90, seed=0)
    assert chosen["corpus"].value_counts().to_dict() == {"studio": 45, "telephone": 45}
    assert chosen.groupby(["corpus", "emotion"]).size().tolist() == [15] * 6


def test_a_rare_emotion_leaves_its_places_to_the_others() -> None:
    frame = manifest(2)
    rare = pd.concat([frame[frame["emotion"] != "calm"], frame[frame["emotion"] == "calm"][:2]])
    counts = choose_replay(rare, 60, seed=0)["emotion"].value_counts()
    assert (counts["calm"], counts["anger"], counts["neutral"]) == (2, 29, 29)


def test_the_seed_decides() -> None:
    frame = manifest(4)
    first, again, other = (
        choose_replay(frame, 40, seed)["utterance_id"].tolist() for seed in (1, 1, 2)
    )
    assert first == again != other


def test_no_more_than_there_is() -> None:
    assert len(choose_replay(manifest(5, rows=10), 99, seed=0)) == 10


@pytest.mark.parametrize(("share", "size"), [(0.0, 0), (0.5, 100), (0.75, 300)])
def test_share_of_the_training_set(share: float, size: int) -> None:
    assert replay_size(100, share) == size
