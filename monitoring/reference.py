"""What the champion's predictions look like when nothing is wrong.

That is its evaluation on test or, better, a baseline: live traffic of some days that a person
vouched for, which also tells how the hours of a day and one day and another differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitoring.calls import Calls, utterances
from monitoring.ranks import Array, Ranks
from undertone.errors import ModelError

SIGNALS = {
    "confidence": 0.01,
    "snr_db": 1.0,
    "bandwidth_hz": 200.0,
    "loudness_lufs": 1.0,
    "ood_score": 0.02,
}
"""What is watched beside the emotions, and the difference in it that nobody would care about."""

SMALLEST_VARIANCE = 1e-6
SMALLEST_REFERENCE = 30
MOST = 0.9
HARMONICS = 2
HOURS = 24
DAYS_FOR_HOURS = 7


@dataclass(frozen=True)
class Reference:
    """Calls of the reference and what the gate needs to know about them.

    Attributes:
        emotions: the K emotions that the model knows.
        ranks: the S signals that the reference has, as ranks in it.
        sample: its calls [N].
        groups: the speaker of each call [N], where they were sampled; empty where not.
        confusion: counts on test [K predicted, K true], or none without true emotions.
        rank_by_emotion: mean rank of the signals by true emotion on test [K, S], or none.
        told: what it is and how large.
    """

    emotions: tuple[str, ...]
    ranks: Mapping[str, Ranks]
    sample: Calls
    groups: npt.NDArray[np.intp]
    confusion: Array | None
    rank_by_emotion: Array | None
    told: str

    @classmethod
    def from_parquet(cls, path: Path) -> "Reference":
        """Read an evaluation's `predictions.parquet`.

        Raises:
            ModelError: the file is missing, unreadable or too small to compare with.
        """
        return cls.from_frame(read_tested(path), str(path))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, source: str = "the reference") -> "Reference":
        """Build from a row per utterance: `emotion`, `p_EMOTION`, signals, true emotion, speaker.

        Raises:
            ModelError: columns are missing or there are too few rows.
        """
        emotions = emotions_of(frame, source)
        ranks = ranks_of(frame)
        sample = Calls.of_frame(frame, emotions, ranks)
        speakers = frame["speaker_id"] if "speaker_id" in frame else pd.Series(dtype=object)
        alone = len(sample) == len(frame) == len(speakers)
        return cls(
            emotions=emotions,
            ranks=ranks,
            sample=_filled(sample),
            groups=pd.factorize(speakers)[0] if alone else np.empty(0, np.intp),
            told=f"{len(sample)} calls of {speakers.nunique() or 'unknown'} speakers",
            **_by_true_emotion(frame, emotions, ranks),
        )

    @classmethod
    def from_baseline(
        cls, sample: Calls, ranks: Mapping[str, Ranks], tested: pd.DataFrame
    ) -> "Reference":
        """Build from live calls; what the evaluation knows of confusions stays.

        Args:
            sample: live calls.
            ranks: of the signals, made from the same traffic.
            tested: the evaluation's predictions.
        """
        emotions = emotions_of(tested, "the evaluation")
        days = len(np.unique(sample.hours.astype("datetime64[D]")))
        return cls(
            emotions=emotions,
            ranks=ranks,
            sample=_filled(sample),
            groups=np.empty(0, np.intp),
            told=f"baseline of {len(sample)} calls from {days} days",
            **_by_true_emotion(tested, emotions, ranks),
        )

    def pooled(self, name: str, emotions: Sequence[str]) -> "Reference":
        """The reference of one channel: the share of all these emotions together."""
        means = self.pool(self.sample.means, emotions)
        return Reference(
            emotions=(name,),
            ranks={},
            sample=Calls(means, self.sample.hours),
            groups=self.groups,
            confusion=None,
            rank_by_emotion=None,
            told=self.told,
        )

    def pool(self, means: Array, emotions: Sequence[str]) -> Array:
        """The share of these emotions together in calls [N, C] → [N, 1]."""
        at = [self.emotions.index(name) for name in emotions if name in self.emotions]
        return np.asarray(means[:, at].sum(axis=1, keepdims=True))

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the C channels: emotions first."""
        return (*self.emotions, *self.ranks)

    @cached_property
    def mean(self) -> Array:
        """Of each channel [C]."""
        return np.asarray(self.sample.means.mean(axis=0))

    @cached_property
    def season(self) -> Array:
        """By how much each hour of the day lies above the mean [24, C]; [1, C] of zeros if unknown.

        Two harmonics, by least squares.
        """
        if self._days < DAYS_FOR_HOURS:
            return np.zeros((1, len(self.mean)))
        design = _harmonics(self.sample.hour_of_day)
        weights = np.linalg.lstsq(design, self.sample.means, rcond=None)[0]
        return np.asarray(_harmonics(np.arange(HOURS)) @ weights - self.mean)

    @cached_property
    def calls(self) -> Array:
        """Call means with the season taken out [N, C]."""
        return self.without_season(self.sample)

    @cached_property
    def variance(self) -> Array:
        """Between calls of one hour [C]."""
        freedom = len(self.sample) - self._parameters
        squares = ((self.calls - self.calls.mean(axis=0)) ** 2).sum(axis=0)
        return np.asarray(np.maximum(squares / freedom, SMALLEST_VARIANCE))

    @cached_property
    def error(self) -> Array:
        """By how much a true mean may well differ from the reference's [C].

        Standard error over calls or over speakers, whichever is larger, and how much one day
        differs from another.
        """
        over_calls = self.variance * self._parameters / len(self.sample)
        sampled = np.maximum(over_calls, _over_groups(self.groups, self.calls))
        return np.asarray(np.sqrt(sampled + self._between_days()))

    def without_season(self, calls: Calls) -> Array:
        """Means [N, C] as they would be at an average hour."""
        season: Array = self.season[calls.hour_of_day % len(self.season)]
        level: Array = calls.means - season
        return level

    @cached_property
    def _days(self) -> int:
        known = self.sample.hours[~np.isnat(self.sample.hours)]
        return len(np.unique(known.astype("datetime64[D]")))

    @property
    def _parameters(self) -> int:
        return 1 + 2 * HARMONICS if len(self.season) > 1 else 1

    def _between_days(self) -> Array:
        """Variance of daily means beyond that of their calls [C], by analysis of variance."""
        if self._days < DAYS_FOR_HOURS:
            return np.zeros(len(self.mean))
        days = pd.DataFrame(self.calls).groupby(self.sample.hours.astype("datetime64[D]"))
        within = self.variance * float((1 / days.size()).mean())
        return np.maximum(days.mean().var(ddof=1).to_numpy() - within, 0)


def read_tested(path: Path) -> pd.DataFrame:
    """An evaluation's `predictions.parquet`.

    Raises:
        ModelError: the file is missing or unreadable.
    """
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"The reference {path} cannot be read: {error}") from error


def emotions_of(frame: pd.DataFrame, source: str) -> tuple[str, ...]:
    """The emotions that a table of predictions has probabilities of.

    Raises:
        ModelError: columns are missing or there are too few rows.
    """
    emotions = tuple(name[2:] for name in frame.columns if name.startswith("p_"))
    if not emotions or "emotion" not in frame or len(frame) < SMALLEST_REFERENCE:
        raise ModelError(
            f"{source} has {len(frame)} rows; a reference needs at least {SMALLEST_REFERENCE} "
            "and the columns emotion and p_EMOTION. Evaluate the champion again."
        )
    return emotions


def ranks_of(frame: pd.DataFrame) -> dict[str, Ranks]:
    """The signals that nine in ten rows have, as ranks in them."""
    there = (name for name in SIGNALS if name in frame and frame[name].notna().mean() >= MOST)
    return {
        name: Ranks.of_values(frame[name].dropna().to_numpy(dtype=float), SIGNALS[name])
        for name in there
    }


def _filled(sample: Calls) -> Calls:
    return Calls(np.nan_to_num(sample.means, nan=0.5), sample.hours, sample.segments)


def _harmonics(hours: npt.NDArray[np.intp]) -> Array:
    angles = 2 * np.pi * hours[:, None] / HOURS * np.arange(1, HARMONICS + 1)
    return np.column_stack([np.ones(len(hours)), np.cos(angles), np.sin(angles)])


def _over_groups(groups: npt.NDArray[np.intp], calls: Array) -> Array:
    """Squared standard error of the mean with groups, not calls, as what was sampled [C]."""
    count = len(np.unique(groups))
    if count < 2:
        return np.zeros(calls.shape[1])
    sums = pd.DataFrame(calls - calls.mean(axis=0)).groupby(groups).sum().to_numpy()
    return np.asarray((sums**2).sum(axis=0) * count / (count - 1) / len(calls) ** 2)


def _by_true_emotion(
    frame: pd.DataFrame, emotions: Sequence[str], ranks: Mapping[str, Ranks]
) -> dict[str, Array | None]:
    if "true_emotion" not in frame:
        return {"confusion": None, "rank_by_emotion": None}
    known = {name: rank for name, rank in ranks.items() if name in frame}
    rows = np.nan_to_num(utterances(frame, emotions, known), nan=0.5)
    truth = frame["true_emotion"].to_numpy()[:, None] == np.array(emotions)[None, :]
    sizes = truth.sum(axis=0)
    sums = truth.T.astype(float) @ rows
    means = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], rows.mean(axis=0))
    classes = len(emotions)
    whole = len(known) == len(ranks)
    return {
        "confusion": sums[:, :classes].T,
        "rank_by_emotion": means[:, classes:] if whole else None,
    }
