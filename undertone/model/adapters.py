"""Low-rank adapters: what a model of somebody's own has beyond the one that all share."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

DOWN, UP = ".down", ".up"

Adapter = Mapping[str, Tensor]
"""By the name of a linear layer: `NAME.down` [R, inputs] and `NAME.up` [outputs, R]."""

Part = tuple[Adapter, Tensor | slice]


def adapter_between(base: nn.Module, tuned: nn.Module, rank: int) -> dict[str, Tensor]:
    """What makes one model of another of the same shape whose linear layers alone were tuned.

    Args:
        base: the model before.
        tuned: the model after; its layers differ by at most `rank` directions.
        rank: of the adapter.
    """
    found: dict[str, Tensor] = {}
    after = dict(tuned.named_modules())
    for name, layer in base.named_modules():
        if not isinstance(layer, nn.Linear):
            continue
        moved = after[name].weight.detach() - layer.weight.detach()
        if not moved.any():
            continue
        left, sizes, right = torch.linalg.svd(moved, full_matrices=False)
        found[name + DOWN] = right[:rank].contiguous()
        found[name + UP] = (left[:, :rank] * sizes[:rank]).contiguous()
    return found


@contextmanager
def adapted(model: nn.Module, adapters: Sequence[Adapter]) -> Iterator[None]:
    """Let each row of a batch be answered by the model with an adapter of its own, for a while.

    As in S-LoRA (Sheng et al., 2023, arXiv 2311.03285) the weights that all share are multiplied
    once for all rows, and each adapter with its own. One thread at a time may do so.

    Args:
        model: is left as it is.
        adapters: of each row [B], empty for the model as it is; or a single one, for all rows.
    """
    rows: dict[int, list[int]] = {}
    for row, adapter in enumerate(adapters):
        if adapter:
            rows.setdefault(id(adapter), []).append(row)
    parts: list[Part] = [
        (adapters[its[0]], torch.tensor(its) if len(adapters) > 1 else slice(None))
        for its in rows.values()
    ]
    names = {key.removesuffix(DOWN) for adapter, _ in parts for key in adapter if DOWN in key}
    hooks = [
        model.get_submodule(name).register_forward_hook(partial(_add, name, parts))
        for name in sorted(names)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _add(
    name: str,
    parts: Sequence[Part],
    _layer: nn.Module,
    given: tuple[Tensor],
    output: Tensor,
) -> Tensor:
    (values,) = given
    total = output.clone()
    for adapter, rows in parts:
        if name + DOWN in adapter:
            down, up = (adapter[name + end].to(values.device) for end in (DOWN, UP))
            total[rows] += values[rows] @ down.T @ up.T
    return total
