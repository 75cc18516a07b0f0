import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import WhisperFeatureExtractor

from undertone.speech.features import HOP, grid_frames, log_mel, real_frames, states_of

SECOND = 16_000
THIRTY_SECONDS = 30 * SECOND


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, count).astype(np.float32)


@pytest.mark.parametrize("mels", [80, 128])
@pytest.mark.parametrize("count", [1, 159, 160, 8_000, 16_123, 40_001])
def test_features_are_whispers_own_up_to_the_clips_end(count: int, mels: int) -> None:
    samples = noise(count)
    frames = real_frames(count)
    extractor = WhisperFeatureExtractor(feature_size=mels)
    padded = np.pad(samples, (0, (frames + 1) * HOP - count))
    theirs = extractor(padded, sampling_rate=SECOND, padding="do_not_pad", return_tensors="np")
    ours = log_mel(samples, mels)
    np.testing.assert_allclose(ours[:, :frames], theirs.input_features[0][:, :frames], atol=1e-4)
    assert not ours[:, frames:].any()


@settings(deadline=None, max_examples=50)
@given(st.integers(1, THIRTY_SECONDS))
def test_a_clip_fills_whole_half_seconds_that_are_not_taken_for_mel_filters(count: int) -> None:
    frames = grid_frames(real_frames(count))
    assert frames % 50 == 0
    assert 0 <= frames * HOP - count < 8_000
    assert states_of(frames) not in (80, 128)


def test_frames_are_counted_alike_in_numbers_and_tensors() -> None:
    counts = torch.tensor([1, 50, 51, 100])
    assert grid_frames(counts).tolist() == [grid_frames(int(count)) for count in counts]
    assert states_of(counts).tolist() == [1, 25, 26, 50]


def test_loudness_beyond_eight_decades_is_clamped() -> None:
    samples = np.concatenate([noise(SECOND), np.zeros(SECOND, np.float32)])
    features = log_mel(samples)
    assert features.max() - features.min() <= 2.0 + 1e-5
