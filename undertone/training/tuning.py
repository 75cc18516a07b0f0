"""What of the model is trained: heads alone, adapters beside frozen encoders, or everything."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from undertone.config import Tuning
from undertone.model.fused import FusedModel

ENCODERS = ("acoustic.encoder.", "text.encoder.", "image.encoder.")


@contextmanager
def tuned(model: FusedModel, tuning: Tuning, rank: int) -> Iterator[None]:
    """Make the parameters of a way of tuning trainable for a while, and only these.

    `frozen` trains all but the encoders, and a text encoder that was never pretrained; `lora`
    trains low-rank adapters (Hu et al., 2021, arXiv 2106.09685) of all linear layers in the
    encoders, which are merged into plain weights when the block ends; `full` trains everything.
    The fusion, heads and layer weights are trained by all of them.

    Args:
        model: what is tuned, in place.
        tuning: which way.
        rank: of the adapters.
    """
    adapters = None
    if tuning == "lora":
        from peft import LoraConfig
        from peft.tuners.lora import LoraModel

        config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=_linear_layers(model))
        adapters = LoraModel(model, config, "default")
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(_trained(name, tuning, model.config.text_from_scratch))
    try:
        yield
    finally:
        if adapters is not None:
            adapters.merge_and_unload()
        model.requires_grad_(requires_grad=False)


def of_encoder(name: str) -> bool:
    """Whether a parameter belongs to an encoder."""
    return name.startswith(ENCODERS)


def _trained(name: str, tuning: Tuning, text_from_scratch: bool) -> bool:
    if not of_encoder(name) or tuning == "full":
        return True
    if tuning == "lora":
        return ".lora_" in name
    return text_from_scratch and name.startswith("text.encoder.")


def _linear_layers(model: FusedModel) -> list[str]:
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and of_encoder(name)
    ]
