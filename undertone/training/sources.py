"""Where each input of the fused model comes from, batch by batch.

A source is asked for the rows of a batch and answers keyword arguments of `FusedModel.forward`.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import BaseImageProcessor, PreTrainedTokenizerBase

from undertone.audio import SAMPLE_RATE
from undertone.config import AudioParams
from undertone.face.picture import Picture
from undertone.face.sight import see
from undertone.shards.members import member_of
from undertone.shards.order import Placement, placement_of
from undertone.speech.features import HOP, log_mel, real_frames
from undertone.speech.listener import spoken
from undertone.speech.views import prepare_view

KEPT_CLIPS = 8192  # of a few seconds, about 0.1 MB each
KEPT_FACES = 4096
LONGEST_TEXT = 128  # tokens
TOKENISED = 1024  # texts at a time
NO_FACE = np.zeros((8, 8, 3), np.uint8)

Inputs = dict[str, Tensor]


class Source(Protocol):
    """Gives the inputs of one modality."""

    def batch(self, index: Tensor) -> Inputs:
        """Inputs of the examples at positions `index` [B]."""
        ...


class Kept:
    """Values that were computed before [N, …], under the name of an argument of the model."""

    def __init__(self, name: str, values: Tensor) -> None:
        self.name = name
        self.values = values

    def batch(self, index: Tensor) -> Inputs:
        """Values [B, …] of the examples at positions `index` [B]."""
        return {self.name: self.values[index]}


class Varied:
    """Values that come in several views: every batch takes one at random of each example.

    Args:
        name: of the model's argument.
        views: of all examples [N, …], V of them.
    """

    def __init__(self, name: str, views: Sequence[Tensor]) -> None:
        self.name = name
        self.views = views

    def batch(self, index: Tensor) -> Inputs:
        """Values [B, …] of the examples at positions `index` [B], each in some view."""
        chosen = _some(len(self.views), index)
        values = self.views[0][index]
        for number, view in enumerate(self.views[1:], start=1):
            taken = chosen == number
            values[taken] = view[index[taken]]
        return {self.name: values}


def _some(views: int, index: Tensor) -> Tensor:
    """A view of each example in a batch, at random [B]."""
    return torch.randint(views, (len(index),))


class Tokens:
    """Tokens of texts, each followed by those of its context.

    Args:
        tokenizer: of the text encoder.
        texts: what was said.
        contexts: what was said before it; empty where nothing was, or is known. Cut off at its
            start where both together are too long.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        texts: Sequence[str],
        contexts: Sequence[str] | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self.texts = list(texts)
        self.contexts = list(contexts or [""] * len(self.texts))
        flat, own, ends = array("i"), array("i"), array("q", [0])
        for said, before in self._tokenised():
            flat.extend(_joined(said, before))
            own.append(len(said))
            ends.append(len(flat))
        self._flat, self._own, self._ends = (
            torch.from_numpy(np.array(kept)) for kept in (flat, own, ends)
        )

    def _tokenised(self) -> Iterator[tuple[list[int], list[int]]]:
        """Tokens of each text and of its context, some texts at a time: a tokenizer keeps much."""
        tokenizer = self.tokenizer
        for start in range(0, len(self.texts), TOKENISED):
            block = slice(start, start + TOKENISED)
            said = tokenizer(self.texts[block], truncation=True, max_length=LONGEST_TEXT)
            before = tokenizer(self.contexts[block], add_special_tokens=False, verbose=False)
            yield from zip(said.input_ids, before.input_ids, strict=True)

    def lengths(self) -> list[int]:
        """Tokens of each text, its context included."""
        lengths: list[int] = self._ends.diff().tolist()
        return lengths

    def batch(self, index: Tensor) -> Inputs:
        """Tokens [B, T] of the examples at positions `index` [B], padded to the longest."""
        spans = zip(self._ends[index].tolist(), self._ends[index + 1].tolist(), strict=True)
        rows = [self._flat[start:end].long() for start, end in spans]
        masks = [torch.ones_like(row) for row in rows]
        told = zip(rows, self._own[index].tolist(), strict=True)
        segments = [(torch.arange(len(row)) >= own).long() for row, own in told]
        padding = int(self.tokenizer.pad_token_id or 0)
        return {
            "input_ids": pad_sequence(rows, batch_first=True, padding_value=padding),
            "attention_mask": pad_sequence(masks, batch_first=True),
            "token_type_ids": pad_sequence(segments, batch_first=True),
        }

    def distinct(self) -> tuple["Tokens", Tensor]:
        """The different texts among them, short ones first, and which each of the N is [N]."""
        pairs = list(zip(self.texts, self.contexts, strict=True))
        ordered = sorted(set(pairs), key=lambda pair: (sum(map(len, pair)), pair))
        place = {pair: number for number, pair in enumerate(ordered)}
        distinct = Tokens(self.tokenizer, *zip(*ordered, strict=True))
        return distinct, torch.tensor([place[pair] for pair in pairs])


def _joined(said: list[int], before: list[int]) -> list[int]:
    """Tokens of an utterance and as many of the latest before it as fit, closed as it is."""
    room = LONGEST_TEXT - len(said) - 1
    kept = before[-room:] if room > 0 else []
    return [*said, *kept, *said[-1:]] if kept else said


class Spectrograms:
    """Log-mel features of recordings, cleaned as for listening.

    The latest clips are kept for all who ask for them: the turns of a cross-validation share them.
    Those that lie in shards are not: so many come between that none would be asked for in time.

    Args:
        files: recordings, or none where there is none.
        names: sha256 of each recording, which its views follow from.
        audio: bounds and cleaning.
        mels: filters that the encoder takes.
        longest: frames that the encoder takes; what comes later is cut off.
        views: those of which every batch takes one at random of each recording, see
            `undertone.speech.views`.
    """

    def __init__(
        self,
        files: Sequence[Path | None],
        names: Sequence[str],
        audio: AudioParams,
        mels: int,
        longest: int,
        views: Sequence[int] = (0,),
    ) -> None:
        self.files = files
        self.audio = audio
        self.mels = mels
        self.longest = longest
        self.names = names
        self.views = views

    def of(self, view: int) -> "Spectrograms":
        """The same recordings, all in one view."""
        return Spectrograms(
            self.files, self.names, self.audio, self.mels, self.longest, views=(view,)
        )

    def placement(self) -> Placement | None:
        """Where the recordings lie, if any lies in a shard."""
        return placement_of(self.files)

    def batch(self, index: Tensor) -> Inputs:
        """Features [B, M, F] of the examples at positions `index` [B], padded to the longest."""
        views = [self.views[number] for number in _some(len(self.views), index)]
        heard = [self._read(*pair) for pair in zip(index.tolist(), views, strict=True)]
        features = [torch.from_numpy(values.T) for values, _ in heard]
        return {
            "input_features": pad_sequence(features, batch_first=True).transpose(1, 2),
            "feature_frames": torch.tensor([frames for _, frames in heard]),
        }

    def _read(self, place: int, view: int) -> tuple[npt.NDArray[np.float32], int]:
        file, name = self.files[place], self.names[place]
        features = _kept_features if file is None or member_of(file) is None else _features
        return features(file, name, view, self.audio, self.mels, self.longest)


def _features(
    file: Path | None, name: str, view: int, audio: AudioParams, mels: int, longest: int
) -> tuple[npt.NDArray[np.float32], int]:
    """Log-mel features of what is spoken in a recording, and its real frames."""
    samples = np.zeros(HOP, np.float32)
    if file is not None:
        heard = prepare_view(file, name, view, audio, silence=True)
        samples = spoken(heard.samples, heard.speech, longest * HOP / SAMPLE_RATE)
    return log_mel(samples, mels), real_frames(len(samples))


_kept_features = lru_cache(maxsize=KEPT_CLIPS)(_features)


@dataclass(frozen=True)
class LowerStates:
    """States of the highest acoustic layer that tuning leaves as it is, computed once.

    Attributes:
        states: of each recording, without padding [T, D], in half precision.
        below: statistics of the layers up to there [N, k + 1, 2·D].
        frames: real mel frames of each recording [N].
    """

    states: Sequence[Tensor]
    below: Tensor
    frames: Tensor


class States:
    """States of recordings in several views: every batch takes one at random of each.

    Args:
        views: of all recordings.
    """

    def __init__(self, views: Sequence[LowerStates]) -> None:
        self.views = views

    def batch(self, index: Tensor) -> Inputs:
        """States [B, T, D] of the examples at positions `index` [B], padded to the longest."""
        chosen = [self.views[number] for number in _some(len(self.views), index)]
        picked = list(zip(chosen, index.tolist(), strict=True))
        rows = [view.states[place].float() for view, place in picked]
        return {
            "acoustic_states": pad_sequence(rows, batch_first=True),
            "acoustic_statistics": torch.stack([view.below[place] for view, place in picked]),
            "feature_frames": torch.stack([view.frames[place] for view, place in picked]),
        }

    def lengths(self) -> list[int]:
        """States of each recording as it is."""
        return list(map(len, self.views[0].states))


class Pictures:
    """Pixels of the faces in pictures; the latest faces are kept.

    Args:
        files: pictures, or none where there is none.
        processor: makes pixels of them.
        detect: whether the largest face is looked for and cut out.
    """

    def __init__(
        self, files: Sequence[Path | None], processor: BaseImageProcessor, *, detect: bool
    ) -> None:
        self.files = files
        self.processor = processor
        self.detect = detect

    def present(self) -> Tensor:
        """Which of the pictures show a face [N].

        Raises:
            PictureError: a picture cannot be read, or is over the bounds.
        """
        return torch.tensor([_face(file, self.detect) is not None for file in self.files])

    def batch(self, index: Tensor) -> Inputs:
        """Pixels [B, C, height, width] of the examples at positions `index` [B]."""
        found = [_face(self.files[place], self.detect) for place in index.tolist()]
        faces = [NO_FACE if face is None else face for face in found]
        return {"pixel_values": self.processor(faces, return_tensors="pt")["pixel_values"]}


@lru_cache(maxsize=KEPT_FACES)
def _face(file: Path | None, detect: bool) -> Picture | None:
    return see(file, detect=detect).crop if file else None
