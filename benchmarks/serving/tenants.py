"""Tenants with models of their own: adapters on one base, beside a whole model for each."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import psutil
import torch
from torch import Tensor

from benchmarks.machine import alone
from benchmarks.parts import Figure, Ratio
from benchmarks.serving.ours import settings, untrained
from benchmarks.serving.stack import TOKENS, alternate
from benchmarks.serving.whisper import SEED
from undertone.bundle import Bundle, save_bundle
from undertone.inference import Predictor, Query
from undertone.model.adapters import DOWN, UP
from undertone.model.fused import FusedModel
from undertone.speech.listener import Listener
from undertone.training.tuning import linear_layers

TENANTS = 8
RANK = 8
HELD = {"whole": 4, "adapters": 200}  # by how many the cost of one is told
PARAMS = settings(TOKENS, "int8")


def compare(clips: Sequence[bytes], whisper: Path, rounds: int) -> tuple[list[Ratio], list[Figure]]:
    """What a tenant's own model costs in memory, to load, and in a batch.

    Args:
        clips: recordings, as files; the first is what every tenant sends.
        whisper: with a decoder.
        rounds: how often.
    """
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = untrained(whisper, PARAMS)
        for tenant in range(TENANTS):
            save_bundle(bundle, folder / str(tenant), by_chance(bundle.model, tenant))
        cost = {
            kind: [
                alone(partial(one_more, folder, whisper, kind, count)).result for _ in range(rounds)
            ]
            for kind, count in HELD.items()
        }
        whole = [_whole(folder / str(tenant), whisper) for tenant in range(TENANTS)]
        adapted = [whole[0].adapted(folder / str(tenant)) for tenant in range(TENANTS)]
        sides: dict[str, Callable[[], object]] = {
            "whole": partial(_each, whole, clips[0]),
            "one model": partial(_together, whole[:1] * TENANTS, clips[0]),
            "mixed": partial(_together, adapted, clips[0]),
        }
        times = alternate(sides, rounds, TENANTS)
    (memory, memory_of_adapters), (seconds, seconds_of_adapters) = (
        [[found[place] for found in cost[kind]] for kind in HELD] for place in range(2)
    )
    figures = [
        Figure(
            name="one more tenant",
            value=f"whole {median(memory):.1f} MB in {median(seconds):.2f} s, an adapter "
            f"{median(memory_of_adapters):.2f} MB in {1000 * median(seconds_of_adapters):.1f} ms",
        )
    ]
    return [
        Ratio.of("memory of one more tenant, whole against an adapter", memory, memory_of_adapters),
        Ratio.of("time to load it", seconds, seconds_of_adapters),
        Ratio.of("8 tenants at once, one by one against mixed", times["whole"], times["mixed"]),
        Ratio.of(
            "8 tenants mixed, against 8 callers of one model", times["mixed"], times["one model"]
        ),
    ], figures


def one_more(folder: Path, whisper: Path, kind: str, count: int) -> tuple[float, float]:
    """Megabytes of memory and seconds that each of `count` tenants takes after the first."""
    base = _whole(folder / "0", whisper)
    process, started = psutil.Process(), perf_counter()
    before = process.memory_info().rss
    tenants = [folder / str(number % TENANTS) for number in range(count)]
    if kind == "whole":
        held = [_whole(tenant, whisper) for tenant in tenants]
    else:
        held = [base.adapted(tenant) for tenant in tenants]
    seconds = perf_counter() - started
    return (process.memory_info().rss - before) / 1e6 / len(held), seconds / len(held)


def by_chance(model: FusedModel, seed: int) -> dict[str, Tensor]:
    """An adapter of all linear layers that `undertone run continual --tenant` trains."""
    generator = torch.Generator().manual_seed(SEED + seed)
    found = {}
    for name in linear_layers(model, "adapter"):
        outputs, inputs = model.get_submodule(name).weight.shape
        found[name + DOWN] = torch.randn(RANK, inputs, generator=generator)
        found[name + UP] = 0.01 * torch.randn(outputs, RANK, generator=generator)
    return found


def _whole(bundle: Path, whisper: Path) -> Predictor:
    return Predictor(Bundle.load(bundle), Listener(whisper, PARAMS.listening), PARAMS)


def _each(predictors: Sequence[Predictor], clip: bytes) -> None:
    for predictor in predictors:
        _together([predictor], clip)


def _together(predictors: Sequence[Predictor], clip: bytes) -> None:
    query = Query(clip, words=False)
    predictors[0].answer([predictor.prepare(query) for predictor in predictors])
