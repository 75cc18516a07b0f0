"""Examples of like length, augmented and laid into tensors."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tools.whisper_demo.examples import Example
from tools.whisper_demo.network import LETTERS
from tools.whisper_demo.vocabulary import Vocabulary

IGNORED = -100
MOST_TRAILING_FRAMES = 50
LEAST_PADDING_FRAMES = 8


@dataclass(frozen=True)
class Batch:
    """Tensors of a training step.

    Attributes:
        features: log-mel [B, 80, F].
        padded: whether the last frames stand for padding to 30 s.
        inputs: decoder input ids [B, N].
        labels: the ids to foretell [B, N].
        positions: encoder positions of real audio [B].
        letters: the letters of all sentences, one after the other.
        letter_counts: letters of each sentence [B].
    """

    features: Tensor
    padded: bool
    inputs: Tensor
    labels: Tensor
    positions: Tensor
    letters: Tensor
    letter_counts: Tensor


def epoch(
    examples: Sequence[Example], vocabulary: Vocabulary, size: int, rng: random.Random
) -> Iterator[Batch]:
    """Every example once, in batches of nearly equal length, in random order.

    Half of the batches end within half a second of the audio, as when Undertone listens; the
    others are padded to 30 s, as faster-whisper does by itself.
    """
    order = sorted(
        range(len(examples)), key=lambda i: examples[i].features.shape[1] + rng.uniform(-12, 12)
    )
    starts = list(range(0, len(order), size))
    rng.shuffle(starts)
    for start in starts:
        yield _batch([examples[i] for i in order[start : start + size]], vocabulary, rng)


def _batch(examples: Sequence[Example], vocabulary: Vocabulary, rng: random.Random) -> Batch:
    padded = rng.random() < 0.5
    longest = max(example.features.shape[1] for example in examples)
    frames = (
        longest + (LEAST_PADDING_FRAMES if padded else 0) + rng.randint(0, MOST_TRAILING_FRAMES)
    )
    features = np.zeros((len(examples), 80, frames + frames % 2), np.float32)
    targets = []
    for row, example in enumerate(examples):
        length = example.features.shape[1]
        features[row, :, :length] = _augmented(example.features.astype(np.float32), rng)
        targets.append(_target(example, vocabulary, rng))
    inputs, labels = zip(*targets, strict=True)
    letters = [[LETTERS.index(letter) + 1 for letter in example.text] for example in examples]
    return Batch(
        features=torch.from_numpy(features),
        padded=padded,
        inputs=_stacked(inputs, vocabulary.id_of("<|endoftext|>")),
        labels=_stacked(labels, IGNORED),
        positions=torch.tensor([example.features.shape[1] // 2 for example in examples]),
        letters=torch.tensor(list(chain.from_iterable(letters))),
        letter_counts=torch.tensor([len(spelled) for spelled in letters]),
    )


def _target(
    example: Example, vocabulary: Vocabulary, rng: random.Random
) -> tuple[list[int], list[int]]:
    """Decoder inputs and labels, with timestamps half of the time.

    Where nobody speaks, the start foretells `<|nospeech|>`, and whatever follows it the end.
    """
    start, plain, first, end, nobody = (
        vocabulary.id_of(f"<|{name}|>")
        for name in ("startoftranscript", "notimestamps", "0.00", "endoftext", "nospeech")
    )
    timed = rng.random() < 0.5
    prefix = [start, first if timed else plain]
    if not example.text:
        return prefix, [nobody, end]
    body = vocabulary.encode(example.text)
    if timed:
        body = [*body, first + example.features.shape[1] // 2]
    return [*prefix, *body], [first if timed else IGNORED, *body, end]


def _augmented(features: npt.NDArray[np.float32], rng: random.Random) -> npt.NDArray[np.float32]:
    """Another level, and two bands and a moment masked (SpecAugment, Park et al., 2019)."""
    features = features + rng.uniform(-0.15, 0.15)
    mean = features.mean()
    for _ in range(2):
        width = rng.randint(0, 10)
        low = rng.randint(0, features.shape[0] - width)
        features[low : low + width] = mean
    width = rng.randint(0, 12)
    begin = rng.randint(0, features.shape[1] - width)
    features[:, begin : begin + width] = mean
    return features


def _stacked(rows: Sequence[list[int]], filler: int) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in rows], batch_first=True, padding_value=filler
    )
