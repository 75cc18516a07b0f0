"""What of the model is trained: heads alone, adapters beside frozen encoders, or everything."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from undertone.config import Tuning
from undertone.model.fused import FusedModel

ACOUSTIC = "acoustic.encoder."
PREFIX = f"{ACOUSTIC}prefix"
LAST_NORM = f"{ACOUSTIC}whisper.layer_norm."
LAYER = re.compile(r"\.layers\.(\d+)\.")
ADAPTED = ("lora", "adapter")
ENCODERS = (ACOUSTIC, "text.encoder.", "image.encoder.")


@contextmanager
def tuned(model: FusedModel, tuning: Tuning, rank: int, below: int = 0) -> Iterator[None]:
    """Make the parameters of a way of tuning trainable for a while, and only these.

    `frozen` trains all but the encoders, and a text encoder that was never pretrained; `lora`
    trains low-rank adapters (Hu et al., 2021, arXiv 2106.09685) of all linear layers in the
    encoders, which are merged into plain weights when the block ends; `prefix` trains the learned
    states before those of each acoustic layer; `full` trains everything.
    The fusion, heads and layer weights are trained by all of them but `adapter`, which trains
    low-rank adapters of their linear layers and nothing else.

    Args:
        model: what is tuned, in place.
        tuning: which way.
        rank: of the adapters.
        below: layers at the bottom of the acoustic encoder that are left as they are.
    """
    adapters = None
    if tuning in ADAPTED:
        from peft import LoraConfig
        from peft.tuners.lora import LoraModel

        config = LoraConfig(
            r=rank, lora_alpha=2 * rank, target_modules=linear_layers(model, tuning, below)
        )
        adapters = LoraModel(model, config, "default")
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(
            _trained(name, tuning, model.config.text_from_scratch) and not is_below(name, below)
        )
    try:
        yield
    finally:
        if adapters is not None:
            adapters.merge_and_unload()
        model.requires_grad_(requires_grad=False)


def is_below(name: str, layers: int) -> bool:
    """Whether a part of the acoustic encoder comes before the end of its first `layers`."""
    if not layers or not name.startswith(ACOUSTIC) or name == PREFIX:
        return False
    found = LAYER.search(name)
    return int(found[1]) < layers if found else not name.startswith(LAST_NORM)


def of_encoder(name: str) -> bool:
    """Whether a parameter belongs to an encoder."""
    return name.startswith(ENCODERS)


def _trained(name: str, tuning: Tuning, text_from_scratch: bool) -> bool:
    if tuning == "adapter":
        return ".lora_" in name
    if not of_encoder(name) or tuning == "full":
        return True
    if tuning == "prefix":
        return name == PREFIX
    if tuning == "lora":
        return ".lora_" in name
    return text_from_scratch and name.startswith("text.encoder.")


def linear_layers(model: FusedModel, tuning: Tuning, below: int = 0) -> list[str]:
    """Names of the layers that a way of tuning by adapters adapts; none in the first `below`."""
    in_encoders = tuning == "lora"
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear)
        and of_encoder(name) == in_encoders
        and not is_below(name, below)
    ]
