"""Distributions over time, and the segments and words they make."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.func import functional_call

from undertone.audio import Samples
from undertone.bundle import Bundle
from undertone.config import TimelineParams
from undertone.model.adapters import adapted
from undertone.prediction import Segment, Word, top
from undertone.speech.features import HOP, log_mel, real_frames, states_of
from undertone.timeline.smoothing import smooth
from undertone.timeline.windows import Moments

BATCH = 256
TEMPERATURE = "temperature"


@dataclass(frozen=True)
class Track:
    """What a model says in each step of a recording.

    Attributes:
        labels: the K emotions.
        shares: probabilities of the window around each step [S, K]; NaN rows where nothing is
            heard.
        hop: length of a step in seconds.
        seconds: how long the recording is.
    """

    labels: tuple[str, ...]
    shares: npt.NDArray[np.float64]
    hop: float
    seconds: float

    def segments(self, switch_cost: float) -> list[Segment]:
        """The recording's emotions one after the other; what cannot be heard is left out."""
        found: list[Segment] = []
        for first, last in self._audible():
            path = smooth(self.shares[first:last], switch_cost)
            marks = [0, *(np.flatnonzero(np.diff(path)) + 1), len(path)]
            found += [
                self._segment(first + start, first + end, int(path[start]))
                for start, end in pairwise(marks)
            ]
        return found

    def words(self, words: Sequence[Word]) -> list[Word]:
        """The same words, each with the emotion of the windows around it, weighted by overlap."""
        return [word.model_copy(update={"emotion": self._emotion_of(word)}) for word in words]

    def _audible_steps(self) -> npt.NDArray[np.bool_]:
        return np.asarray(~np.isnan(self.shares).any(axis=1))

    def _audible(self) -> Iterator[tuple[int, int]]:
        edges = np.diff(self._audible_steps().astype(int), prepend=0, append=0)
        starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        yield from zip(starts.tolist(), ends.tolist(), strict=True)

    def _segment(self, first: int, last: int, emotion: int) -> Segment:
        shares = np.nanmean(self.shares[first:last], axis=0)
        return Segment(
            start=round(first * self.hop, 3),
            end=round(min(last * self.hop, self.seconds), 3),
            emotion=self.labels[emotion],
            confidence=float(shares[emotion]),
            distribution=dict(zip(self.labels, shares.tolist(), strict=True)),
        )

    def _emotion_of(self, word: Word) -> str | None:
        starts = self.hop * np.arange(len(self.shares))
        overlap = np.minimum(word.end, starts + self.hop) - np.maximum(word.start, starts)
        weights = np.maximum(overlap, 0) * self._audible_steps()
        if not weights.any():
            return None
        shares = weights @ np.nan_to_num(self.shares)
        return top(dict(zip(self.labels, shares.tolist(), strict=True)))[0]


@torch.inference_mode()
def track(bundle: Bundle, moments: Moments, params: TimelineParams) -> Track:
    """What a bundle says, by the voice alone, in windows all along a recording.

    Args:
        bundle: the model.
        moments: of its encoder's states.
        params: length of the windows.
    """
    windows = moments.windows(params.window_seconds)
    shares = np.full((moments.steps, len(bundle.labels)), np.nan)
    parts = [_distribution(bundle, part) for part in windows.statistics.split(BATCH) if len(part)]
    if parts:
        shares[windows.steps] = torch.cat(parts).double().cpu().numpy()
    return Track(bundle.labels, shares, moments.hop, moments.seconds)


def _distribution(bundle: Bundle, statistics: Tensor) -> Tensor:
    """Probabilities [W, K], by the weights that were taught on windows where there are any."""
    weights = {name: value.to(bundle.model.device) for name, value in bundle.timeline.items()}
    temperature = weights.pop(TEMPERATURE, None)
    inputs = {"acoustic_statistics": statistics.to(bundle.model.device)}
    with adapted(bundle.model, [] if bundle.timeline else [bundle.adapter]):
        logits = functional_call(bundle.model, weights, (), inputs).logits
    if temperature is None:
        return bundle.distribution(logits)
    return torch.softmax(logits / temperature, dim=-1)


@torch.inference_mode()
def watch_again(bundle: Bundle, samples: Samples, moments: Moments) -> None:
    """Take in the states of a bundle's own, fine-tuned encoder.

    Args:
        bundle: whose model holds an acoustic encoder.
        samples: float32 [time], mono 16 kHz, cleaned; what is longer than the encoder takes at
            once is left out.
        moments: what is to be filled. Where the bundle pools by attention, its scores weigh the
            states.
    """
    branch, device = bundle.model.acoustic, bundle.model.device
    if branch.encoder is None:
        raise TypeError("This bundle holds no acoustic encoder: it hears through the listener's.")
    samples = samples[: 2 * int(branch.encoder.config.max_source_positions) * HOP]
    features = torch.from_numpy(log_mel(samples, int(branch.encoder.config.num_mel_bins)))
    frames = real_frames(len(samples))
    states = branch.encoder(features[None].to(device), torch.tensor([frames], device=device))
    states = states[0, :, : states_of(frames)]
    weights = None
    if branch.attention is not None:
        scores = torch.einsum("ltd,ld->t", states, branch.attention.score)
        weights = (scores - scores.max()).exp()
    moments.add(states, weights=weights)
