"""A ratio of two sides measured in one run."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Self

from pydantic import BaseModel, Field, TypeAdapter

from benchmarks.machine import Machine


class Ratio(BaseModel):
    """How many times as much the other side costs, round by round.

    Attributes:
        name: what is compared.
        value: median over the rounds.
        low: the lowest round.
        high: the highest.
        pledge: what the project promises, at least, or at most where `at_most` says so.
        note: what else one must know.
    """

    name: str
    value: float
    low: float
    high: float
    pledge: float | None = None
    at_most: bool = False
    note: str = ""

    @classmethod
    def of(
        cls,
        name: str,
        other: Sequence[float],
        ours: Sequence[float],
        *,
        pledge: float | None = None,
        at_most: bool = False,
        note: str = "",
    ) -> Self:
        """The ratio of two series, one value a round."""
        rounds = [theirs / mine for theirs, mine in zip(other, ours, strict=True)]
        return cls(
            name=name,
            value=median(rounds),
            low=min(rounds),
            high=max(rounds),
            pledge=pledge,
            at_most=at_most,
            note=note,
        )


class Figure(BaseModel):
    """A figure that has no other side."""

    name: str
    value: str
    note: str = ""


class Part(BaseModel):
    """What one part of the benchmark found, the command that runs it and the machine.

    Attributes:
        table: what it found in rows, the first of which are the heads.
    """

    name: str
    command: str
    machine: Machine
    ratios: list[Ratio] = Field(default_factory=list)
    figures: list[Figure] = Field(default_factory=list)
    table: list[list[str]] = Field(default_factory=list)


def read_parts(folder: Path, benchmark: str) -> list[Part]:
    """The parts of a benchmark that a folder has, by their names."""
    reader = TypeAdapter(Part)
    files = sorted(folder.glob(f"{benchmark}-*.json"))
    return [reader.validate_json(file.read_bytes()) for file in files]
