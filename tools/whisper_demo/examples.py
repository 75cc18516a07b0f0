"""What the toy Whisper learns from, and what it is measured on."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from undertone.audio import SAMPLE_RATE
from undertone.config import GeneratedParams
from undertone.corpora.base import SourceUtterance
from undertone.corpora.generated import generate
from undertone.corpora.generated.channel import Channel
from undertone.progress import track
from undertone.speech.features import log_mel, real_frames

CHANNELS: tuple[Channel, ...] = ("studio", "telephone")
TRAINING_SPEAKERS = 40
FIRST_TEST_SPEAKER = 100
TEST_SPEAKERS = 24
HELD_OUT_TENTH = 0

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """A clip as the model sees it.

    Attributes:
        features: log-mel at the clip's real length, float16 [80, F].
        text: what is said; empty where nobody speaks.
    """

    features: npt.NDArray[np.float16]
    text: str


def is_held_out(text: str) -> bool:
    """Whether a sentence is kept for the test: one in ten, by its hash."""
    return hashlib.sha256(text.encode()).digest()[0] % 10 == HELD_OUT_TENTH


def training_examples(clips: int, seed: int) -> list[Example]:
    """Speech of the training speakers over every channel, without the held-out sentences.

    One example in 25 is silence or noise.
    """
    spoken = [
        Example(_features(waveform(utterance)), utterance.text or "")
        for channel in CHANNELS
        for utterance in _utterances(clips // 2, seed, channel, 0, TRAINING_SPEAKERS)
        if not is_held_out(utterance.text or "")
    ]
    rng = np.random.default_rng(seed)
    return spoken + [Example(_features(_unspoken(rng)), "") for _ in range(len(spoken) // 25)]


def test_utterances(clips: int, seed: int, channel: Channel) -> list[SourceUtterance]:
    """Held-out sentences from speakers that were not trained on."""
    heard = _utterances(clips * 10, seed, channel, FIRST_TEST_SPEAKER, TEST_SPEAKERS)
    return [utterance for utterance in heard if is_held_out(utterance.text or "")][:clips]


def waveform(utterance: SourceUtterance) -> Samples:
    """The samples of a generated utterance in [-1, 1]."""
    if utterance.samples is None:
        raise ValueError(f"{utterance.utterance_id} has no samples at hand.")
    return (utterance.samples / 32768).astype(np.float32)


def _utterances(
    clips: int, seed: int, channel: Channel, first: int, speakers: int
) -> Iterator[SourceUtterance]:
    params = GeneratedParams(
        clips=clips, seed=seed, channel=channel, first_speaker=first, speakers=speakers
    )
    return track(generate(params), f"speaking ({channel})", clips)


def _features(samples: Samples) -> npt.NDArray[np.float16]:
    return log_mel(samples)[:, : real_frames(len(samples))].astype(np.float16)


def _unspoken(rng: np.random.Generator) -> Samples:
    """Digital silence, or noise of any level and colour."""
    length = int(rng.uniform(0.5, 3.0) * SAMPLE_RATE)
    if rng.random() < 0.2:
        return np.zeros(length, np.float32)
    noise = rng.normal(size=length)
    smooth = int(rng.integers(1, 40))
    noise = np.convolve(noise, np.ones(smooth) / smooth, mode="same")
    return np.asarray(noise * 10 ** rng.uniform(-3.5, -0.8) / noise.std(), np.float32)
