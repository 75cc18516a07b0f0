import numpy as np
import pytest
import torch
import voices

from undertone.config import TimelineParams
from undertone.prediction import Word
from undertone.timeline.track import Track, track, watch_again
from undertone.timeline.windows import Moments

LABELS = ("anger", "neutral")
NAN = (np.nan, np.nan)


def course(rows: list[tuple[float, float]], seconds: float) -> Track:
    return Track(LABELS, np.array(rows), hop=0.5, seconds=seconds)


def test_segments_cover_what_is_heard_and_end_with_the_recording() -> None:
    found = course([(0.9, 0.1)] * 3 + [NAN] + [(0.2, 0.8)] * 2, seconds=2.8).segments(1.0)
    assert [(part.start, part.end, part.emotion) for part in found] == [
        (0.0, 1.5, "anger"),
        (2.0, 2.8, "neutral"),
    ]
    assert found[0].confidence == pytest.approx(0.9)
    assert found[1].distribution == pytest.approx({"anger": 0.2, "neutral": 0.8})


def test_words_weigh_the_windows_they_overlap() -> None:
    whole = course([(0.9, 0.1), (0.3, 0.7), NAN, NAN], seconds=2.0)
    words = [(0.1, 0.4), (0.45, 1.0), (0.0, 0.75), (1.2, 1.6), (5.0, 5.1)]
    said = whole.words([Word(word="so", start=start, end=end) for start, end in words])
    assert [word.emotion for word in said] == ["anger", "neutral", "anger", None, None]


def test_a_mute_recording_has_no_segments() -> None:
    assert course([NAN, NAN], seconds=1.0).segments(1.0) == []


@pytest.mark.parametrize("pooling", ["statistics", "attention"])
def test_a_bundle_with_its_own_encoder_hears_itself(pooling: str) -> None:
    bundle = voices.bundle(hears_itself=True, pooling=pooling)
    samples = np.random.default_rng(0).normal(0, 0.1, 24_000).astype(np.float32)
    moments = Moments(1.5, hop=0.25)
    watch_again(bundle, samples, moments)
    shares = track(bundle, moments, TimelineParams(window_seconds=9.0)).shares

    from undertone.speech.features import log_mel

    features = torch.from_numpy(log_mel(samples))[None]
    with torch.inference_mode():
        output = bundle.model(input_features=features, feature_frames=torch.tensor([150]))
    assert shares.shape == (6, 3)
    whole = bundle.distribution(output.logits[0]).numpy()
    np.testing.assert_allclose(shares, np.tile(whole, (6, 1)), atol=1e-4)
