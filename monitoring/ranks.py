"""A signal as its rank in the reference: bounded, whatever its unit, and cheap for a database."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, case, literal

Array = npt.NDArray[np.float64]

STEPS = 8


@dataclass(frozen=True)
class Ranks:
    """A staircase from values to ranks in [0, 1], at most `STEPS` steps high.

    Attributes:
        edges: where a step begins [S - 1], ascending.
        heights: the mean rank of the reference's values on each step [S].
    """

    edges: tuple[float, ...]
    heights: tuple[float, ...]

    @classmethod
    def of_values(cls, values: Array, grain: float) -> "Ranks":
        """The staircase of a reference.

        Args:
            values: the reference's, none of them NaN.
            grain: the difference in them that nobody would care about; a step begins half of it
                below the values that it is made for.
        """
        rounded = np.round(values / grain) * grain
        starts = np.unique(np.quantile(rounded, np.arange(1, STEPS) / STEPS, method="lower"))
        edges = starts - grain / 2
        sizes = np.bincount(np.searchsorted(edges, values, "right"), minlength=len(edges) + 1)
        heights = (np.cumsum(sizes) - sizes / 2) / len(values)
        return cls(tuple(edges.tolist()), tuple(heights.tolist()))

    def __call__(self, values: Array) -> Array:
        """Ranks of values, NaN where they are."""
        heights = np.array(self.heights)[np.searchsorted(self.edges, values, "right")]
        return np.where(np.isnan(values), np.nan, heights)

    def sql(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The same of a column, null where it is."""
        return case((column.is_not(None), self._climb(column, 0, len(self.heights))))

    def _climb(self, column: ColumnElement[Any], first: int, last: int) -> ColumnElement[Any]:
        """Halve the steps from `first` until `last` down to the one that a value stands on."""
        if last - first == 1:
            return literal(self.heights[first])
        middle = (first + last) // 2
        return case(
            (column < self.edges[middle - 1], self._climb(column, first, middle)),
            else_=self._climb(column, middle, last),
        )
