"""Examples as the fused model takes them: batches, put together as a whole."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from undertone.bundle import Bundle
from undertone.config import AudioParams
from undertone.model.acoustic import AcousticBranch
from undertone.model.config import AUDIO, IMAGE, UNHEARD
from undertone.model.fused import FusedModel
from undertone.shards.order import Placement
from undertone.speech.encoder import pool
from undertone.speech.features import grid_frames, states_of
from undertone.training.examples import Examples
from undertone.training.sources import (
    Inputs,
    Kept,
    LowerStates,
    Pictures,
    Source,
    Spectrograms,
    States,
    Tokens,
    Varied,
)

ENCODING_BATCH = 64

Sources = tuple[Source, Source, Source | None]


class Batches(Dataset[Inputs]):
    """Examples as keyword arguments of `FusedModel.forward`.

    For a `DataLoader` whose collator is `as_is`: a batch is fetched at once, not row by row.

    Attributes:
        sources: of audio, text and image; none where the model takes no such input.
        present: which modalities each example has [N, 3].
        targets: index of each example's emotion [N], where it is to be learnt.
        dimensions: its valence, arousal and dominance [N, 3] (NaN where unknown), where they are.
    """

    def __init__(
        self,
        sources: Sources,
        present: Tensor,
        targets: Tensor | None,
        dimensions: Tensor | None = None,
    ) -> None:
        self.sources = sources
        self.present = present
        self.targets = targets
        self.dimensions = dimensions

    def __len__(self) -> int:
        return len(self.present)

    def __getitem__(self, place: int) -> Inputs:
        return self.__getitems__([place])

    def __getitems__(self, places: Sequence[int]) -> Inputs:
        index = torch.as_tensor(places)
        inputs = {"present": self.present[index]}
        for source in self.sources:
            inputs |= source.batch(index) if source else {}
        if self.targets is not None:
            inputs["labels"] = self.targets[index]
        if self.dimensions is not None:
            inputs["wanted_dimensions"] = self.dimensions[index]
        return inputs

    def lengths(self) -> list[int] | None:
        """Acoustic states or tokens of each example; none where it is read as a whole."""
        for source in self.sources:
            if isinstance(source, States | Tokens):
                return source.lengths()
        return None

    def placement(self) -> Placement | None:
        """Where recordings lie that are heard again, if any lies in a shard."""
        acoustic = self.sources[0]
        return acoustic.placement() if isinstance(acoustic, Spectrograms) else None

    def voiced(self) -> Tensor:
        """Which examples have a recording that counts [N]."""
        return self.present[:, AUDIO]

    def shortest_first(self) -> Tensor:
        """Places of all examples [N] by the length of their text, so that little is padding.

        Where they are read from shards, as they come.
        """
        lengths = None if self.placement() else self.lengths()
        return torch.tensor(lengths or [0] * len(self)).argsort(stable=True)

    def in_order(self, order: Tensor, size: int) -> Iterator[Inputs]:
        """Batches of `size` examples at the places of `order` [N], one after the other."""
        for places in order.split(size):
            yield self.__getitems__(places.tolist())


def as_is(batch: Inputs) -> Inputs:
    """The collator for `Batches`, which come collated."""
    return batch


def batches_of(
    bundle: Bundle,
    examples: Examples,
    audio: AudioParams,
    *,
    labelled: bool = True,
    views: Sequence[int] = (0,),
) -> Batches:
    """Examples as inputs of a bundle's model.

    A model without an acoustic encoder of its own is given the statistics of the Whisper that
    listened; one with its own hears the recordings again.

    Args:
        bundle: the model, and what its inputs are made with.
        examples: utterances.
        audio: how recordings are cleaned.
        labelled: whether emotions and dimensions are wanted.
        views: of each recording, of which every batch takes one at random; 0 is the recording as
            it is.

    Raises:
        CorpusError: `labelled` examples have emotions that the model does not know.
    """
    encoder = bundle.model.acoustic.encoder
    acoustic: Source
    if encoder is None:
        heard = [_statistics(bundle, examples.in_view(view)) for view in views]
        acoustic = _together("acoustic_statistics", heard)
    else:
        mels, positions = encoder.config.num_mel_bins, encoder.config.max_source_positions
        names = examples.rows["sha256"].tolist()
        files = examples.paths("path")
        acoustic = Spectrograms(files, names, audio, mels, 2 * positions, views)
    text = Tokens(bundle.tokenizer, examples.texts(), examples.contexts())
    present = examples.present()
    present[:, AUDIO] &= bundle.hears
    image: Pictures | None = None
    if bundle.image_processor is not None:
        detect = bundle.model.config.detect_face
        image = Pictures(examples.paths("image_path"), bundle.image_processor, detect=detect)
        present[:, IMAGE] = image.present()
    targets = examples.targets(bundle.labels) if labelled else None
    dimensions = examples.dimensions() if labelled and bundle.model.config.dimensions else None
    return Batches((acoustic, text, image), present, targets, dimensions)


def _together(name: str, views: Sequence[Tensor]) -> Kept | Varied:
    return Kept(name, views[0]) if len(views) == 1 else Varied(name, views)


def _statistics(bundle: Bundle, examples: Examples) -> Tensor:
    """Statistics as the model takes them; zeros where it, or the corpus, knows no audio."""
    given, wanted = examples.statistics, tuple(bundle.model.config.statistics_shape)
    if tuple(given.shape[1:]) != wanted and UNHEARD in (tuple(given.shape[1:]), wanted):
        return given.new_zeros(1, *wanted).expand(len(examples), *wanted)
    return given


@torch.no_grad()
def settle(model: FusedModel, batches: Batches, below: int = 0) -> Batches:
    """The same batches, with what frozen encoders make of them computed once and kept.

    Args:
        model: whose parameters that are trained require gradients.
        batches: what it is to be trained on.
        below: acoustic layers at the bottom that are not trained; nothing is kept of them where
            attention pools all layers together.
    """
    model.train(mode=False)
    acoustic, text, image = batches.sources
    present = batches.present
    if isinstance(acoustic, Spectrograms) and _settles(model.acoustic):
        heard = [_pooled(model, acoustic.of(view), batches.voiced()) for view in acoustic.views]
        acoustic = _together("acoustic_statistics", heard)
    elif isinstance(acoustic, Spectrograms) and below and model.acoustic.attention is None:
        views = [_lower_states(model, acoustic.of(view), below) for view in acoustic.views]
        acoustic = States(views)
    if isinstance(text, Tokens) and _frozen(model.text.encoder):
        distinct, places = text.distinct()
        told = torch.ones(len(distinct.texts), dtype=torch.bool)
        encoded = _encoded(model.text.encode, distinct, told, model.device)
        text = Kept("text_embedding", encoded[places])
    if isinstance(image, Pictures) and model.image is not None and _frozen(model.image.encoder):
        encoded = _encoded(model.image.encode, image, present[:, IMAGE], model.device)
        image = Kept("image_embedding", encoded)
    return Batches((acoustic, text, image), present, batches.targets, batches.dimensions)


@torch.no_grad()
def acoustic_statistics(model: FusedModel, batches: Batches) -> Tensor:
    """Statistics of all recordings [N, L + 1, 2·D], heard by the model where it can hear."""
    source = batches.sources[0]
    return source.values if isinstance(source, Kept) else _pooled(model, source, batches.voiced())


def _pooled(model: FusedModel, source: Source, voiced: Tensor) -> Tensor:
    return _encoded(model.acoustic.statistics, source, voiced, model.device)


def _lower_states(model: FusedModel, source: Spectrograms, layer: int) -> LowerStates:
    """What the layers up to `layer` make of recordings."""
    encoder = model.acoustic.encoder
    if encoder is None:
        raise TypeError("This model holds no acoustic encoder.")
    states, below, lengths = [], [], []
    for index in torch.arange(len(source.files)).split(ENCODING_BATCH):
        features, frames = (value.to(model.device) for value in source.batch(index).values())
        heard = encoder(features, frames, until=layer)
        below.append(pool(heard, frames).cpu())
        lengths.append(frames.cpu())
        kept = states_of(grid_frames(frames)).tolist()
        states += [row[-1, :length].half().cpu() for row, length in zip(heard, kept, strict=True)]
    return LowerStates(states, torch.cat(below), torch.cat(lengths))


def _settles(branch: AcousticBranch) -> bool:
    """Whether nothing that is trained comes before the statistics."""
    return branch.attention is None and branch.encoder is not None and _frozen(branch.encoder)


def _frozen(module: nn.Module) -> bool:
    return not any(parameter.requires_grad for parameter in module.parameters())


def _encoded(
    encode: Callable[..., Tensor], source: Source, present: Tensor, device: torch.device
) -> Tensor:
    parts = []
    for index in torch.arange(len(present)).split(ENCODING_BATCH):
        values = [value.to(device) for value in source.batch(index).values()]
        parts.append(encode(*values, present[index].to(device)).cpu())
    return torch.cat(parts)
