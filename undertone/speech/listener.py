"""Listening once: one encoder pass gives the transcript and the acoustic statistics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from undertone.audio import SAMPLE_RATE, Samples, speech_segments
from undertone.config import ListeningParams
from undertone.prediction import Transcript, Word
from undertone.speech.conversion import has_decoder
from undertone.speech.encoder import AcousticEncoder, pool
from undertone.speech.features import HOP, log_mel, real_frames, states_of
from undertone.speech.recogniser import Recogniser

EDGE_SECONDS = 0.5

Stretch = tuple[float, float]
Watch = Callable[[Tensor, float], None]


@dataclass(frozen=True)
class Heard:
    """What one recording gave.

    Attributes:
        transcript: what was said, or none where nothing here can write.
        statistics: mean and standard deviation of each layer's states [L + 1, 2·D].
    """

    transcript: Transcript | None
    statistics: NDArray[np.float32]


class Listener:
    """Hears recordings, one at a time.

    Args:
        folder: a Hugging Face Whisper; without a decoder in it there are no transcripts.
        params: how to listen.

    Raises:
        ModelError: the folder is no Whisper, or cannot run as `params` asks.
    """

    def __init__(self, folder: Path, params: ListeningParams) -> None:
        self._device = _device(params.device)
        self.encoder = AcousticEncoder.from_folder(folder).to(self._device)
        self.can_transcribe = params.transcribe and has_decoder(folder)
        self._recogniser = Recogniser(folder, params) if self.can_transcribe else None

    @torch.inference_mode()
    def listen(
        self,
        samples: Samples,
        speech: Sequence[Stretch] | None = None,
        *,
        transcribe: bool = True,
        watch: Watch | None = None,
    ) -> Heard:
        """Hear one recording.

        Args:
            samples: float32 [time], mono 16 kHz, cleaned.
            speech: where speech is, in seconds; found here if not given. Each stretch is heard by
                itself, and a recording without any as a whole but not transcribed.
            transcribe: whether the transcript is wanted.
            watch: is told the states [L + 1, T, D] of each stretch, and when it starts.
        """
        speech = speech_segments(samples) if speech is None else speech
        recogniser = self._recogniser if transcribe else None
        seconds = len(samples) / SAMPLE_RATE
        pieces, weights, spoken = [], [], []
        for start, end in windows(speech, seconds, self._longest_seconds):
            states, frames = self._hear(samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)])
            pieces.append(pool(states, frames)[0].cpu().numpy())
            weights.append(states_of(int(frames)))
            if watch is not None:
                watch(states[0, :, : weights[-1]], start)
            if recogniser and speech:
                said = recogniser.write(states[0, -1].cpu().numpy(), int(frames))
                spoken.append(_shifted(said, start))
        transcript = _transcript(spoken, recogniser.language) if recogniser else None
        return Heard(transcript, merge(pieces, weights))

    @property
    def _longest_seconds(self) -> float:
        frames = 2 * int(self.encoder.config.max_source_positions)
        return (frames - 1) * HOP / SAMPLE_RATE  # one to spare for the rounding of seconds

    def _hear(self, samples: Samples) -> tuple[Tensor, Tensor]:
        """States [1, L + 1, T, D] of one window, and its real mel frames [1]."""
        features = log_mel(samples, int(self.encoder.config.num_mel_bins))
        frames = torch.tensor([real_frames(len(samples))], device=self._device)
        return self.encoder(torch.from_numpy(features)[None].to(self._device), frames), frames


def windows(speech: Sequence[Stretch], seconds: float, longest: float) -> list[Stretch]:
    """The parts of a recording that are heard one by one.

    Args:
        speech: stretches of speech in seconds, in order.
        seconds: how long the recording is.
        longest: seconds that the encoder takes at once; longer stretches are cut evenly.

    Returns:
        Start and end in seconds of each stretch, the outer two widened to the recording's edges
        where these are within half a second; the whole recording if there is no speech.
    """
    edges = [list(stretch) for stretch in speech] or [[0.0, seconds]]
    if edges[0][0] <= EDGE_SECONDS:
        edges[0][0] = 0.0
    if seconds - edges[-1][1] <= EDGE_SECONDS:
        edges[-1][1] = seconds
    return [part for start, end in edges for part in _cut(start, end, longest)]


def spoken(samples: Samples, speech: Sequence[Stretch], longest: float) -> Samples:
    """The part of a recording from its first window to its last, at most `longest` seconds."""
    heard = windows(speech, len(samples) / SAMPLE_RATE, longest)
    first, last = (int(seconds * SAMPLE_RATE) for seconds in (heard[0][0], heard[-1][1]))
    return samples[first : min(last, first + int(longest * SAMPLE_RATE))]


def merge(statistics: Sequence[NDArray[np.float32]], weights: Sequence[int]) -> NDArray[np.float32]:
    """Statistics of several windows as if their states had been pooled together.

    Args:
        statistics: of each window, [L + 1, 2·D], the means first.
        weights: states that each was pooled from.
    """
    mean, deviation = np.split(np.stack(statistics).astype(np.float64), 2, axis=-1)
    overall = np.average(mean, axis=0, weights=weights)
    variance = np.average(deviation**2 + (mean - overall) ** 2, axis=0, weights=weights)
    return np.concatenate([overall, np.sqrt(variance)], axis=-1).astype(np.float32)


def _cut(start: float, end: float, longest: float) -> list[Stretch]:
    parts = max(1, ceil((end - start) / longest))
    marks = np.linspace(start, end, parts + 1).tolist()
    return list(pairwise(marks))


def _transcript(spoken: Sequence[tuple[str, list[Word]]], language: str) -> Transcript:
    return Transcript(
        text=" ".join(text for text, _ in spoken if text),
        words=[word for _, words in spoken for word in words],
        language=language,
    )


def _shifted(said: tuple[str, list[Word]], by: float) -> tuple[str, list[Word]]:
    text, words = said
    return text, [
        word.model_copy(update={"start": round(word.start + by, 2), "end": round(word.end + by, 2)})
        for word in words
    ]


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)
