"""What can be recommended, and what the parts of a score are worth: a YAML file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from pydantic import BaseModel, ConfigDict, Field

from examples.events.lines import read

CATALOGUE = Path(__file__).with_name("catalogue.yaml")
Items = Annotated[Path, typer.Option(help="YAML of items and weights")]


class Item(BaseModel):
    """Something to listen to.

    Attributes:
        about: what it is, in words that people would use.
        valence: the mood it suits, from -1 to 1, as `arousal`.
        popularity: from 0 to 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, max_length=100)
    about: str = Field(min_length=1, max_length=500)
    valence: float = Field(ge=-1, le=1)
    arousal: float = Field(ge=-1, le=1)
    popularity: float = Field(ge=0, le=1)


class Weights(BaseModel):
    """What a part of 1 is worth; `examples.recommender.learning` learns them from logs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: float
    taste: float
    popularity: float
    mood: float

    def of(self, parts: Sequence[str]) -> npt.NDArray[np.float64]:
        """What each of some parts is worth [N]."""
        return np.array([getattr(self, part) for part in parts])


class Catalogue(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: Weights
    items: tuple[Item, ...] = Field(min_length=2, max_length=100_000)


def load(path: Path) -> Catalogue:
    """Read a catalogue.

    Raises:
        ConfigError: it cannot be used; file and line stand in the message.
    """
    return read(path, Catalogue)
