"""What the champion's predictions look like when nothing is wrong: its evaluation on test."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from undertone.errors import ModelError

Array = npt.NDArray[np.float64]

SIGNALS = {"confidence": 0.01, "snr_db": 1.0, "bandwidth_hz": 200.0, "loudness_lufs": 1.0}
"""What is watched beside the emotions, and the difference in it that nobody would care about."""

SMALLEST_VARIANCE = 1e-6
SMALLEST_REFERENCE = 30
MOST = 0.9


@dataclass(frozen=True)
class Reference:
    """Call means of the reference and what the gate needs to know about them.

    A call is the smallest thing taken as independent: a `call_id`, else a single utterance. Its
    mean has C channels: K shares of predicted emotions, then S signals as ranks in the reference.

    Attributes:
        emotions: the K emotions that the model knows.
        signals: the S signals that the reference has.
        calls: call means [N, C].
        speakers: how many speakers the reference has, 0 where it does not say.
        values: each signal's rounded values in the reference, sorted.
        confusion: counts [K predicted, K true], or None without true emotions.
        rank_by_emotion: mean rank of the signals by true emotion [K, S], or None.
        mean: [C].
        variance: between calls [C].
        error: standard error of `mean` [C], the larger of that over calls and that over speakers.
    """

    emotions: tuple[str, ...]
    signals: tuple[str, ...]
    calls: Array
    speakers: int
    values: dict[str, Array]
    confusion: Array | None
    rank_by_emotion: Array | None
    mean: Array
    variance: Array
    error: Array

    @classmethod
    def from_parquet(cls, path: Path) -> "Reference":
        """Read an evaluation's `predictions.parquet`.

        Raises:
            ModelError: the file is missing, unreadable or too small to compare with.
        """
        try:
            frame = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise ModelError(f"The reference {path} cannot be read: {error}") from error
        return cls.from_frame(frame, str(path))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, source: str = "the reference") -> "Reference":
        """Build from a row per utterance: `emotion`, `p_EMOTION`, signals, true emotion, speaker.

        Raises:
            ModelError: columns are missing or there are too few rows.
        """
        emotions = tuple(name[2:] for name in frame.columns if name.startswith("p_"))
        if not emotions or "emotion" not in frame or len(frame) < SMALLEST_REFERENCE:
            raise ModelError(
                f"{source} has {len(frame)} rows; a reference needs at least {SMALLEST_REFERENCE} "
                "and the columns emotion and p_EMOTION. Evaluate the champion again."
            )
        signals = tuple(name for name in SIGNALS if _is_there(name, frame))
        values = {name: np.sort(_rounded(name, frame.dropna(subset=[name]))) for name in signals}
        rows = np.nan_to_num(_rows(frame, emotions, values), nan=0.5)
        calls = _means(rows, _ids(frame))
        variance = np.maximum(np.var(calls, axis=0, ddof=1), SMALLEST_VARIANCE)
        confusion, rank_by_emotion = _by_true_emotion(frame, rows, emotions)
        speakers = frame["speaker_id"] if "speaker_id" in frame else pd.Series(dtype=object)
        return cls(
            emotions=emotions,
            signals=signals,
            calls=calls,
            speakers=int(speakers.nunique()),
            values=values,
            confusion=confusion,
            rank_by_emotion=rank_by_emotion,
            mean=calls.mean(axis=0),
            variance=variance,
            error=np.maximum(np.sqrt(variance / len(calls)), _error_over(speakers, rows)),
        )

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the C channels: emotions first."""
        return self.emotions + self.signals

    def call_means(self, frame: pd.DataFrame) -> Array:
        """Live predictions as call means [calls, C]; a signal that no utterance had is NaN."""
        return _means(_rows(frame, self.emotions, self.values), _ids(frame))


def _is_there(signal: str, frame: pd.DataFrame) -> bool:
    return signal in frame and bool(frame[signal].notna().mean() >= MOST)


def _ids(frame: pd.DataFrame) -> pd.Series:
    """A call's id for each row; a row without one is a call of its own."""
    alone = pd.Series([f"row {number}" for number in range(len(frame))], index=frame.index)
    if "call_id" not in frame:
        return alone
    return ("call " + frame["call_id"].astype(str)).where(frame["call_id"].notna(), alone)


def _rows(frame: pd.DataFrame, emotions: tuple[str, ...], values: dict[str, Array]) -> Array:
    said = frame["emotion"].to_numpy()[:, None] == np.array(emotions)[None, :]
    ranks = [_rank(_rounded(name, frame), known) for name, known in values.items()]
    return np.column_stack([said.astype(float), *ranks])


def _rounded(name: str, frame: pd.DataFrame) -> Array:
    raw = frame[name].to_numpy(dtype=float)
    return np.round(raw / SIGNALS[name]) * SIGNALS[name]


def _rank(raw: Array, known: Array) -> Array:
    """Share of the reference below each value, ties counted half."""
    below = np.searchsorted(known, raw, "left") + np.searchsorted(known, raw, "right")
    return np.where(np.isnan(raw), np.nan, below / 2 / len(known))


def _means(rows: Array, ids: pd.Series) -> Array:
    grouped = pd.DataFrame(rows).groupby(ids.to_numpy(), sort=False)
    return grouped.mean().to_numpy(dtype=float).reshape(-1, rows.shape[1])


def _error_over(speakers: pd.Series, rows: Array) -> Array:
    """Standard error of the mean with speakers, not utterances, as what was sampled."""
    count = speakers.nunique()
    if count < 2:
        return np.zeros(rows.shape[1])
    sums = pd.DataFrame(rows - rows.mean(axis=0)).groupby(speakers.to_numpy()).sum().to_numpy()
    squares = (sums**2).sum(axis=0) * count / (count - 1)
    return np.asarray(np.sqrt(squares) / len(rows))


def _by_true_emotion(
    frame: pd.DataFrame, rows: Array, emotions: tuple[str, ...]
) -> tuple[Array | None, Array | None]:
    if "true_emotion" not in frame:
        return None, None
    truth = frame["true_emotion"].to_numpy()[:, None] == np.array(emotions)[None, :]
    sizes = truth.sum(axis=0)
    sums = truth.T.astype(float) @ rows
    overall = rows.mean(axis=0)
    means = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], overall)
    classes = len(emotions)
    return sums[:, :classes].T, means[:, classes:]
