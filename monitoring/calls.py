"""Calls: what the drift gate takes as independent of each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from monitoring.ranks import Array, Ranks

WHOLE = "whole"
DIMENSIONS = ("channel", "tenant", "language")
"""What traffic is told apart by, beside the whole."""


@dataclass(frozen=True)
class Calls:
    """N calls. A call is the utterances of one `call_id`, or one utterance without such an id.

    Attributes:
        means: over a call's utterances [N, C]: shares of the K emotions, then the signals' mean
            ranks, NaN where no utterance had one.
        hours: in which each began, UTC [N]; NaT where that is not known.
        segments: for each of `DIMENSIONS` where a call belongs [N]; none where nobody said.
        utterances: in all calls together.
    """

    means: Array
    hours: npt.NDArray[np.datetime64]
    segments: Mapping[str, npt.NDArray[np.object_]] = field(default_factory=dict)
    utterances: int = 0

    def __len__(self) -> int:
        return len(self.means)

    @classmethod
    def of_means(cls, means: Array) -> "Calls":
        """Calls of which nothing but the means is known."""
        return cls(means, np.full(len(means), "NaT", "datetime64[h]"))

    @classmethod
    def of_frame(
        cls, frame: pd.DataFrame, emotions: Sequence[str], ranks: Mapping[str, Ranks]
    ) -> "Calls":
        """Sum up rows of one utterance: `emotion`, signals, `call_id` and `created_at` if any."""
        ids = call_ids(frame).to_numpy()
        means = pd.DataFrame(utterances(frame, emotions, ranks)).groupby(ids, sort=False).mean()
        began = frame.get("created_at", pd.Series(pd.NaT, index=frame.index))
        hours = pd.to_datetime(began, utc=True).dt.tz_localize(None).groupby(ids, sort=False).min()
        there = [name for name in DIMENSIONS if name in frame]
        return cls(
            means.to_numpy(dtype=float).reshape(-1, len(emotions) + len(ranks)),
            hours.to_numpy().astype("datetime64[h]"),
            {
                name: frame[name].groupby(ids, sort=False).first().to_numpy(dtype=object)
                for name in there
            },
            len(frame),
        )

    def groups(self) -> tuple[list[str], csr_array]:
        """Names of G groups, and which calls belong to each [G, N].

        The first is the whole; the others are segments (`channel telephone`).
        """
        names = [WHOLE]
        rows, columns = [np.zeros(len(self), np.intp)], [np.arange(len(self))]
        for dimension, values in self.segments.items():
            codes, known = pd.factorize(values)
            there = np.flatnonzero(codes >= 0)
            rows.append(codes[there] + len(names))
            columns.append(there)
            names += [f"{dimension} {value}" for value in known]
        places = np.concatenate(rows), np.concatenate(columns)
        ones = np.ones(len(places[0]))
        return names, csr_array((ones, places), shape=(len(names), len(self)))

    @property
    def hour_of_day(self) -> npt.NDArray[np.intp]:
        """0 to 23, UTC [N]; 0 where it is not known."""
        known = ~np.isnat(self.hours)
        return np.where(known, self.hours.astype("int64") % 24, 0).astype(np.intp)


def call_ids(frame: pd.DataFrame) -> pd.Series:
    """A call's id for each row; a row without one is a call of its own."""
    alone = pd.Series([f"row {number}" for number in range(len(frame))], index=frame.index)
    if "call_id" not in frame:
        return alone
    return ("call " + frame["call_id"].astype(str)).where(frame["call_id"].notna(), alone)


def utterances(frame: pd.DataFrame, emotions: Sequence[str], ranks: Mapping[str, Ranks]) -> Array:
    """The C channels of each row [rows, C]."""
    said = frame["emotion"].to_numpy()[:, None] == np.array(emotions)[None, :]
    signals = [rank(frame[name].to_numpy(dtype=float)) for name, rank in ranks.items()]
    return np.column_stack([said.astype(float), *signals])
