"""What a bundle says about examples."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from undertone.bundle import Bundle
from undertone.config import AudioParams
from undertone.model.adapters import adapted
from undertone.model.config import MODALITIES
from undertone.training.batches import batches_of
from undertone.training.examples import Examples

BATCH = 128

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Predicted:
    """Uncalibrated logits of N examples.

    Attributes:
        logits: of all modalities present together [N, K].
        by_modality: of each modality's own head [N, K]; NaN rows where it is not present.
        dimensions: valence, arousal and dominance [N, 3], of a model that was trained on them.
        novelty: how far each recording lies from the training speech [N]; NaN where there is none.
    """

    logits: Logits
    by_modality: dict[str, Logits]
    novelty: Logits
    dimensions: Logits | None = None


@torch.inference_mode()
def predict(
    bundle: Bundle,
    examples: Examples,
    audio: AudioParams | None = None,
    *,
    without: Collection[str] = (),
) -> Predicted:
    """Classify examples.

    Args:
        bundle: the model.
        examples: utterances; their emotions are not looked at.
        audio: how recordings are cleaned, for a model with an acoustic encoder of its own.
        without: modalities (`audio`, `text`, `image`) to treat as missing.
    """
    model = bundle.model.train(mode=False)
    batches = batches_of(bundle, examples, audio or AudioParams(), labelled=False)
    batches.present &= torch.tensor([name not in without for name in MODALITIES])
    logits, alone, novelty, dimensions = [], [], [], []
    order = batches.shortest_first()
    for inputs in batches.in_order(order, BATCH):
        with adapted(model, [bundle.adapter]):
            output = model(**{name: values.to(model.device) for name, values in inputs.items()})
        logits.append(output.logits.cpu())
        novelty.append(output.novelty.cpu())
        dimensions += [] if output.dimensions is None else [output.dimensions.cpu()]
        alone.append(torch.stack([output.logits_by_modality[name] for name in MODALITIES]).cpu())
    back = order.argsort()
    by_modality = torch.cat(alone, dim=1)[:, back]
    by_modality.masked_fill_(~batches.present.T[..., None], torch.nan)
    return Predicted(
        torch.cat(logits)[back].numpy(),
        dict(zip(MODALITIES, by_modality.numpy(), strict=True)),
        torch.cat(novelty)[back].numpy(),
        torch.cat(dimensions)[back].numpy() if dimensions else None,
    )
