"""Whisper's log-mel features at a clip's real length."""

from functools import lru_cache
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers.audio_utils import mel_filter_bank

from undertone.audio import SAMPLE_RATE

HOP = 160
WINDOW = 400
GRID_SAMPLES = 8_000
GRID_FRAMES = GRID_SAMPLES // HOP
DYNAMIC_RANGE = 8.0

Count = TypeVar("Count", int, Tensor)


def grid_frames(frames: Count) -> Count:
    """Mel frames up to the end of the half second that holds the last of `frames`."""
    return -(-frames // GRID_FRAMES) * GRID_FRAMES


def real_frames(samples: int) -> int:
    """Mel frames (10 ms each) that hold at least one of `samples` at 16 kHz."""
    return -(-samples // HOP)


def states_of(frames: Count) -> Count:
    """Encoder states (20 ms each) that `frames` mel frames make."""
    return (frames + 1) // 2


def log_mel(samples: NDArray[np.float32], mels: int = 80) -> NDArray[np.float32]:
    """Log-mel spectrogram of one clip, padded with zeros to a whole number of half seconds.

    The spectrogram is Whisper's own (Radford et al., 2023): 25 ms Hann window, 10 ms hop, Slaney
    filters, log10 clamped to 8 below the clip's maximum, then (x + 4) / 4. As in OpenAI's
    `transcribe`, it is the features that are padded, not the samples.

    Args:
        samples: mono 16 kHz in [-1, 1], at least one.
        mels: number of filters of the model, 80 or 128.

    Returns:
        Features [mels, F], F a multiple of 50.
    """
    frames = real_frames(len(samples))
    audible = torch.zeros((frames + 1) * HOP)
    audible[: len(samples)] = torch.from_numpy(np.asarray(samples, dtype=np.float32))
    spectrum = torch.stft(audible, WINDOW, HOP, window=_window(), return_complex=True)
    power = spectrum[:, :frames].abs().square()
    log = (_filters(mels) @ power).clamp_min(1e-10).log10()
    log = torch.maximum(log, log.max() - DYNAMIC_RANGE)
    features = torch.zeros(mels, grid_frames(frames))
    features[:, :frames] = (log + 4.0) / 4.0
    return features.numpy()


@lru_cache
def _window() -> Tensor:
    return torch.hann_window(WINDOW)


@lru_cache
def _filters(mels: int) -> Tensor:
    filters = mel_filter_bank(
        num_frequency_bins=1 + WINDOW // 2,
        num_mel_filters=mels,
        min_frequency=0.0,
        max_frequency=SAMPLE_RATE / 2,
        sampling_rate=SAMPLE_RATE,
        norm="slaney",
        mel_scale="slaney",
    )
    return torch.from_numpy(filters.astype(np.float32)).T.contiguous()
