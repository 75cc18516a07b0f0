"""Many answers, added up."""

import pytest

from undertone.long import Passage, Stretch, Summary, Tally
from undertone.prediction import Modalities, Prediction, Transcript


def judged(emotion, share, text=None):
    return Prediction(
        emotion=emotion,
        confidence=max(share, 1 - share),
        distribution={"anger": share, "fear": 1 - share},
        modalities=Modalities(audio=True, text=False, image=False),
        transcript=Transcript(text=text) if text is not None else None,
    )


def test_shares_and_distribution_are_weighted_by_speech():
    tally = Tally()
    tally.add(Passage(start=1, end=5, speech_s=3), judged("anger", 0.9, "go away"))
    tally.add(Passage(start=6, end=9, speech_s=1), judged("unknown", 0.5, ""))
    summary = tally.summary(60)
    assert summary.shares == {"anger": 0.75, "unknown": 0.25}
    assert summary.distribution["anger"] == pytest.approx((3 * 0.9 + 0.5) / 4)
    assert (summary.seconds, summary.speech_s, summary.utterances) == (60, 4, 2)
    assert summary.transcript == "go away"


def test_neighbours_of_one_emotion_are_one_stretch():
    tally = Tally()
    for start, emotion in ((0, "fear"), (5, "fear"), (9, "anger"), (14, "fear")):
        tally.add(Passage(start=start, end=start + 3, speech_s=2), judged(emotion, 0.5))
    assert tally.summary(20).timeline == [
        Stretch(start=0, end=8, emotion="fear"),
        Stretch(start=9, end=12, emotion="anger"),
        Stretch(start=14, end=17, emotion="fear"),
    ]


def test_a_recording_without_speech_is_told_too():
    assert Tally().summary(30) == Summary(seconds=30)
