"""The fused model on utterances that have different modalities."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import torch
from torch import Tensor

from undertone.bundle import Bundle
from undertone.model.adapters import Adapter, adapted
from undertone.model.fused import FusedOutput
from undertone.training.sources import Inputs, Tokens

MODALITY_OF = {
    "acoustic_statistics": "audio",
    "input_features": "audio",
    "pixel_values": "image",
}


@dataclass(frozen=True)
class Evidence:
    """What the model is given of one utterance.

    Attributes:
        inputs: tensors with a first axis of 1, by the names that the model takes.
        text: what was said, if anything.
        context: what was said before.
        adapter: what is added to the model for it; empty for the model as it is.
    """

    inputs: Inputs
    text: str | None = None
    context: str = ""
    adapter: Adapter = field(default_factory=dict)

    @property
    def modalities(self) -> list[str]:
        """Those that are there."""
        names = [MODALITY_OF[name] for name in self.inputs if name in MODALITY_OF]
        return [*names, "text"] if self.text else names

    @property
    def kind(self) -> str:
        """Utterances of one kind go through the model together."""
        shapes = [f"{name}{tuple(values.shape)}" for name, values in sorted(self.inputs.items())]
        return " ".join([*shapes, "text" if self.text else ""])

    def __bool__(self) -> bool:
        return bool(self.inputs or self.text)


@dataclass(frozen=True)
class Opinion:
    """What the model says of one utterance.

    Attributes:
        logits: of the K emotions [K].
        alone: the same of each modality by itself.
        dimensions: valence, arousal and dominance [3], where it was trained on them.
        novelty: distance of the recording from the training speech; none or NaN without one.
    """

    logits: Tensor
    alone: dict[str, Tensor]
    dimensions: Tensor | None
    novelty: float | None


def opinions(bundle: Bundle, evidence: Sequence[Evidence]) -> list[Opinion]:
    """Run a model on utterances, those with the same modalities together.

    Args:
        bundle: the model.
        evidence: of each utterance, none of it empty.
    """
    places = sorted(range(len(evidence)), key=lambda place: evidence[place].kind)
    found: dict[int, Opinion] = {}
    for _, group in groupby(places, key=lambda place: evidence[place].kind):
        together = list(group)
        alike = [evidence[place] for place in together]
        found |= dict(zip(together, _opinions(bundle, alike), strict=True))
    return [found[place] for place in range(len(evidence))]


def _opinions(bundle: Bundle, alike: Sequence[Evidence]) -> list[Opinion]:
    inputs = {name: torch.cat([one.inputs[name] for one in alike]) for name in alike[0].inputs}
    if alike[0].text:
        texts, contexts = [one.text or "" for one in alike], [one.context for one in alike]
        inputs |= Tokens(bundle.tokenizer, texts, contexts).batch(torch.arange(len(alike)))
    device = bundle.model.device
    with adapted(bundle.model, [one.adapter for one in alike]):
        output: FusedOutput = bundle.model(
            **{name: each.to(device) for name, each in inputs.items()}
        )
    logits, alone = output["logits"], output["logits_by_modality"]
    dimensions, novelty = output.dimensions, output.novelty
    return [
        Opinion(
            logits=logits[place],
            alone={name: alone[name][place] for name in alike[place].modalities},
            dimensions=None if dimensions is None else dimensions[place],
            novelty=None if novelty is None else float(novelty[place]),
        )
        for place in range(len(alike))
    ]
