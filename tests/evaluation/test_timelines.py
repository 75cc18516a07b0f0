from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from undertone.bundle import Bundle
from undertone.config import AudioParams, TimelineParams
from undertone.errors import CorpusError
from undertone.evaluation import timelines
from undertone.evaluation.diarisation import Span
from undertone.evaluation.joined import LEVEL, join_clips
from undertone.timeline.track import Track
from undertone.timeline.windows import Moments

RATE = 16_000


@pytest.fixture
def rows(tmp_path: Path) -> pd.DataFrame:
    """Two speakers with two neutral and three angry tones of different levels."""
    found = []
    for speaker in ("a", "b"):
        for number, emotion in enumerate(["neutral"] * 2 + ["anger"] * 3):
            path = tmp_path / f"{speaker}-{number}.flac"
            tone = np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE) * (0.02 + 0.05 * number)
            soundfile.write(path, tone.astype(np.float32), RATE)
            found.append({"path": str(path), "speaker_id": speaker, "emotion": emotion})
    return pd.DataFrame(found)


def test_joined_clips_are_one_speaker_s_levelled_and_change_where_told(rows: pd.DataFrame) -> None:
    clips = list(join_clips(rows, AudioParams(), each=3))
    assert [len(clip.truth) for clip in clips] == [2, 2, 3] * 2
    assert [clip.speaker for clip in clips] == ["a"] * 3 + ["b"] * 3
    patterns = [[span.emotion for span in clip.truth] for clip in clips[:3]]
    assert patterns == [
        ["neutral", "anger"],
        ["anger", "neutral"],
        ["neutral", "anger", "neutral"],
    ]
    for clip in clips:
        assert clip.truth[-1].end == pytest.approx(clip.recording.seconds)
        for span in clip.truth:
            part = clip.recording.samples[int(span.start * RATE) : int(span.end * RATE)]
            assert np.sqrt(np.mean(part**2)) == pytest.approx(LEVEL, rel=0.02)


def test_the_same_seed_joins_the_same_clips(rows: pd.DataFrame) -> None:
    first, second = (
        [clip.recording.samples for clip in join_clips(rows, AudioParams(), each=2, seed=3)]
        for _ in range(2)
    )
    assert all((one == other).all() for one, other in zip(first, second, strict=True))


def test_without_neutral_recordings_nothing_can_be_joined(rows: pd.DataFrame) -> None:
    angry = rows[rows["emotion"] == "anger"]
    with pytest.raises(CorpusError, match="nothing can be joined"):
        list(join_clips(angry, AudioParams(), each=3))


def clips(count: int) -> list[timelines.Clip]:
    found = []
    for number in range(count):
        truth = (Span(0.0, 2.0, "neutral"), Span(2.0, 4.0, "anger"))
        found.append(timelines.Clip(f"s{number}", truth, Moments(4.0, hop=0.25)))
    return found


def tracked(bundle: Bundle, moments: Moments, params: TimelineParams) -> Track:
    """Right but for one step in each half; a window over the whole clip says neutral."""
    shares = np.full((16, 2), (0.1, 0.9))
    if params.window_seconds < moments.seconds:
        shares[8:] = (0.9, 0.1)
        shares[[3, 12]] = shares[[3, 12]][:, ::-1]
    return Track(("anger", "neutral"), shares, moments.hop, moments.seconds)


def test_smoothing_is_chosen_on_validation_and_beats_its_peers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timelines, "track", tracked)
    bundle = Bundle(None, None)  # type: ignore[arg-type]
    chosen = timelines.choose(bundle, clips(2), TimelineParams())
    assert chosen.switch_cost > 0
    judged = timelines.judge(bundle, clips(5), chosen)
    found = timelines.summarise(
        judged, [chosen], protocol="test", corpus="tones", split_hash="0", seed=0
    )
    rates = {way: rate.value for way, rate in found.eder.items()}
    assert rates == pytest.approx({"smoothed": 0.0, "unsmoothed": 0.125, "whole clip": 0.5})
    assert found.spans["f1-score"] == 1.0
    assert found.speakers == found.clips == 5
    assert sum(found.kinds.values()) == pytest.approx(0)
