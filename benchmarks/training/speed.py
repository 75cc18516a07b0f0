"""Throughput and memory of training, beside a plain loop of PyTorch's."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import torch

from benchmarks.machine import Machine
from benchmarks.parts import Part, Ratio
from benchmarks.training.cases import ENCODERS, Case, settings
from benchmarks.training.measuring import OURS, PLAIN, Speed, measure
from undertone.files import write_json
from undertone.progress import track

CPU_STEPS = 3  # where it is measured beside a GPU
HEADS = ("case", "side", "utterances/s", "seconds of speech/s", "peak memory, MB")


class Speeds(Part):
    """A part that also keeps what was measured as it is, round by round."""

    speeds: list[Speed]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be said of this part on the command line."""
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--profile", choices=ENCODERS, nargs="*", default=["demo", "base"])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0, help="of a clip on average")
    parser.add_argument("--steps", type=int, default=8, help="that are measured of each case")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, help="seconds, after which no round is begun")
    parser.add_argument("--out", type=Path, help="a file in place of docs/benchmarks")


def run(given: argparse.Namespace, command: str) -> None:
    """Measure round by round, and write a record after each."""
    turns = [
        (case, side)
        for profile in given.profile
        for case in settings(profile, given.device, given.batch, given.seconds)
        for side in _sides(case)
    ]
    speeds: list[Speed] = []
    if given.device == "cuda":  # loads a kernel when a shape first needs it
        _warm_up([turn for turn in turns if turn[0].device == "cuda"])
    began = perf_counter()
    for number in range(given.rounds):
        if number and given.limit and perf_counter() - began > given.limit:
            break
        for case, side in track(turns, "training"):
            steps = min(given.steps, CPU_STEPS) if case.device != given.device else given.steps
            try:
                speeds.append(measure(case, side, steps))
            except torch.OutOfMemoryError:
                print(f"{case}: the GPU has too little memory")
        _write(_part(speeds, given, command), given.out)


def _warm_up(turns: Sequence[tuple[Case, str]]) -> None:
    for case, side in track(turns, "warming up"):
        with suppress(torch.OutOfMemoryError):  # is told when it is measured
            measure(case, side, steps=1)


def _part(speeds: list[Speed], given: argparse.Namespace, command: str) -> Speeds:
    return Speeds(
        name="-".join([given.device, *given.profile]),
        command=command,
        machine=Machine.here(),
        ratios=[*_beside_plain(speeds), *_beside_cpu(speeds)],
        table=[list(HEADS), *map(_row, _medians(speeds))],
        speeds=speeds,
    )


def _write(part: Speeds, out: Path | None) -> None:
    if out:
        write_json(out, part.model_dump(mode="json"))
    else:
        from benchmarks.page import publish

        publish("training", part)


def _sides(case: Case) -> tuple[str, ...]:
    return (OURS, PLAIN) if case.usual else (OURS,)


def _medians(speeds: Sequence[Speed]) -> list[Speed]:
    """The middle round of each case and side."""
    return [sorted(its, key=_rate)[len(its) // 2] for its in _rounds(speeds).values()]


def _rate(speed: Speed) -> float:
    return speed.utterances_per_second


def _rounds(speeds: Sequence[Speed]) -> dict[tuple[Case, str], list[Speed]]:
    found: dict[tuple[Case, str], list[Speed]] = {}
    for speed in speeds:
        found.setdefault((speed.case, speed.side), []).append(speed)
    return found


def _beside_plain(speeds: Sequence[Speed]) -> Iterator[Ratio]:
    """Utterances a second of ours by those of the plain loop."""
    rounds = _rounds(speeds)
    for (case, side), ours in rounds.items():
        if side == OURS and (plain := rounds.get((case, PLAIN))):
            yield Ratio.of(f"{case}: undertone to plain loop", *map(_rates, (ours, plain)))


def _beside_cpu(speeds: Sequence[Speed]) -> Iterator[Ratio]:
    """Utterances a second of the GPU by those of the CPU beside it."""
    rounds = _rounds(speeds)
    for (case, side), on_gpu in rounds.items():
        on_cpu = rounds.get((case.with_(device="cpu"), side))
        if case.device == "cuda" and side == OURS and on_cpu:
            yield Ratio.of(f"{case}: GPU to CPU", *map(_rates, (on_gpu, on_cpu)))


def _rates(speeds: Sequence[Speed]) -> list[float]:
    return [_rate(speed) for speed in speeds]


def _row(speed: Speed) -> list[str]:
    return [
        str(speed.case),
        speed.side,
        f"{speed.utterances_per_second:,.0f}",
        f"{speed.audio_per_second:,.0f}",
        f"{speed.peak_memory_mb:,.0f}",
    ]
